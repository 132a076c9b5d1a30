import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { countSharedBytes } from '@sluice/core/testing'
import { answerCalls } from '../child.ts'
import type { Contestant, Target } from '../contestant.ts'
import { stage } from './stage.ts'

// Before the contestants are loaded: some of them keep the function itself.
const counts = process.argv[3] === 'count'
const sharedBytes = counts ? countSharedBytes() : () => Number.NaN
const { contestants } = await import('../contestants/index.ts')

/** The resources that a server has used since it was told to begin. */
export interface Usage {
  readonly userMs: number
  readonly systemMs: number
  readonly wallMs: number
  /** Share of the time in which its event loop was busy. */
  readonly utilization: number
  /** How late its timers were, p99, in milliseconds. */
  readonly loopDelayMs: number
  /** The whole process, in bytes, as it was in the end. */
  readonly rss: number
}

/** Memory after a full collection, in bytes. */
export interface Memory {
  readonly rss: number
  readonly heap: number
  /** The heap in use, and the memory held outside of it, if that is counted. */
  readonly held: number
}

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const contestant: Contestant = contestants[process.argv[2] as keyof typeof contestants]
const served = await contestant.serve()

let cpu = process.cpuUsage()
let loop = performance.eventLoopUtilization()
let began = performance.now()
// Often enough to see what a client would, and rarely enough to cost nothing.
const loopDelay = monitorEventLoopDelay({ resolution: 10 })

const calls = {
  target(): Target {
    const { wire, ids = 'event', resumesFromStart = false } = contestant
    return { ...served, wire, ids, resumesFromStart }
  },

  /** How many answers wait for the stage to open, or are under way. */
  answers: () => stage.size,

  begin({ perSecond }: { readonly perSecond: number }): void {
    loopDelay.reset()
    loopDelay.enable()
    cpu = process.cpuUsage()
    loop = performance.eventLoopUtilization()
    began = performance.now()
    stage.open(perSecond)
  },

  finish(): Usage {
    const { user, system } = process.cpuUsage(cpu)
    const { utilization } = performance.eventLoopUtilization(loop)
    const wallMs = performance.now() - began
    loopDelay.disable()
    stage.close()
    return {
      userMs: user / 1000,
      systemMs: system / 1000,
      wallMs,
      utilization,
      // It never came to its timers.
      loopDelayMs: loopDelay.count === 0 ? Number.NaN : loopDelay.percentile(99) / 1e6,
      rss: process.memoryUsage.rss(),
    }
  },

  /** CPU time since the process began, user and system, in milliseconds. */
  cpu(): number {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },

  async memory({ collect }: { readonly collect: boolean }): Promise<Memory> {
    for (let round = 0; collect && round < 4; round++) {
      collectGarbage()
      await new Promise(setImmediate)
    }
    const { rss, heapUsed, external } = process.memoryUsage()
    return { rss, heap: heapUsed, held: heapUsed + external + sharedBytes() }
  },
}

export type ServerCalls = typeof calls

answerCalls(calls)
