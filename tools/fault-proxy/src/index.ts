export type { Ending, Fault } from './fault.ts'
export { FaultProxy } from './proxy.ts'
export { type ScheduleOptions, schedule } from './schedule.ts'
