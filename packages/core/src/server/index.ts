export { Alarm, Clock, MAX_TIMER_MS, processClock } from './clock.ts'
export * from './definition/define-stream.ts'
export * from './delivery/viewer.ts'
export * from './hub/access.ts'
export type { HubLimits } from './hub/admission.ts'
export type { ReadOptions } from './hub/event-reader.ts'
export type { StreamHandle } from './hub/handle.ts'
export * from './hub/hub.ts'
export type { KeyRequest, ListedStream, ListRequest, StreamRequest, ThreadRequest } from './hub/lookup.ts'
export type { StartRequest } from './hub/starts.ts'
export type { PressureOptions, PressureSample } from './load/pressure.ts'
export { atLeast, HeldMemory, type HeldMemoryOptions, type WaitingForMemory } from './log/held-memory.ts'
export { HeldStream } from './log/held-stream.ts'
export { HeldWriter } from './log/held-writer.ts'
export * from './log/log.ts'
export { type MemoryLog, type MemoryLogOptions, memoryLog } from './log/memory-log.ts'
export { RefusedKeys } from './log/refused-keys.ts'
export { type EventPrefix, type EventRange, type EventVisitor, Segments } from './log/segments.ts'
export type { CoalesceOptions, TextEventType } from './run/coalescer.ts'
export { encodeEvent } from './run/encode.ts'
export type {
  DecideRetry,
  DecideRetryByType,
  FailedAttempt,
  RetryDecision,
  RunRetry,
} from './run/retries.ts'
export type { DiagnosticsChannels } from './telemetry/diagnostics.ts'
export { type ErrorFacts, errorFacts, logError } from './telemetry/error-facts.ts'
export { Histogram, type HistogramSnapshot } from './telemetry/histogram.ts'
export * from './telemetry/logger.ts'
export type { HubMetrics } from './telemetry/metrics.ts'
export * from './telemetry/metrics-logger.ts'
