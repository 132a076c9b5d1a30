import { performance } from 'node:perf_hooks'
import { answerCalls } from '../child.ts'
import { clients } from './clients.ts'

let loop = performance.eventLoopUtilization()

const own = {
  /** What is measured begins here. */
  begin(): void {
    loop = performance.eventLoopUtilization()
  },

  /** Share of the time in which this process was busy since then: near 1, it is what is measured. */
  utilization: (): number => performance.eventLoopUtilization(loop).utilization,
}

/** What the load generator does when it is told to. */
export type LoadCalls = typeof clients & typeof own

answerCalls({ ...clients, ...own })
