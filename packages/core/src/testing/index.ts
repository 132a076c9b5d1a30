export type { LogBounds, LogUnderTest } from './log/log-under-test.ts'
export { type LogFactory, type TestRunner, testLog } from './log/test-log.ts'
export { ManualClock, manualClock } from './manual-clock.ts'
export { jsonLines, RecordingSink, recordingSink } from './recording-sink.ts'
export {
  type ScriptedAttempt,
  ScriptedSource,
  type ScriptOptions,
  scriptedSource,
} from './scripted-source.ts'
export { settle } from './settle.ts'
export { countSharedBytes } from './shared-bytes.ts'
export { testWire, type WireTestOptions } from './wire/test-wire.ts'
