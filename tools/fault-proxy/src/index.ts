export type { Ending, Fault } from './fault.ts'
export { FaultProxy } from './proxy.ts'
export { seededRandom } from './random.ts'
export { type ScheduleOptions, schedule } from './schedule.ts'
