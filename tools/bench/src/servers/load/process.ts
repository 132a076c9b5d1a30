import { performance } from 'node:perf_hooks'
import { answerCalls } from '../child.ts'
import { clients } from './clients.ts'

let loop = performance.eventLoopUtilization()

const own = {
  /** The measurement begins here. */
  begin(): void {
    loop = performance.eventLoopUtilization()
  },

  /** Share of the time in which this process was busy since then: near 1, it is what is measured. */
  utilization: (): number => performance.eventLoopUtilization(loop).utilization,
}

/** The calls that the load generator answers. */
export type LoadCalls = typeof clients & typeof own

answerCalls({ ...clients, ...own })
