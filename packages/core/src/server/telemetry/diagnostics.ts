import { channel } from 'node:diagnostics_channel'
import type { StreamingError } from '../../errors.ts'
import type { StreamEnd } from '../definition/define-stream.ts'
import type { DetachReason } from '../delivery/viewer.ts'
import type { StreamRecord } from '../log/log.ts'

/**
 * The messages that are published through `node:diagnostics_channel`, by channel: subscribe to trace or count without a dependency,
 * and without the hub knowing. No message is built without a subscriber. {@link StreamEnd} has the answer's text: take
 * care what you log.
 */
export interface DiagnosticsChannels {
  readonly 'sluice:stream:start': { readonly record: StreamRecord }
  readonly 'sluice:stream:retry': {
    readonly record: StreamRecord
    readonly error: StreamingError
    readonly retryCount: number
    readonly delayMs: number
  }
  readonly 'sluice:stream:pause': { readonly record: StreamRecord }
  readonly 'sluice:stream:resume': { readonly record: StreamRecord }
  readonly 'sluice:stream:end': { readonly record: StreamRecord; readonly end: StreamEnd }
  readonly 'sluice:viewer:attach': { readonly record: StreamRecord; readonly after: number }
  readonly 'sluice:viewer:detach': {
    readonly record: StreamRecord
    readonly cursor: number
    readonly reason: DetachReason
  }
}

const channels = {
  'sluice:stream:start': channel('sluice:stream:start'),
  'sluice:stream:retry': channel('sluice:stream:retry'),
  'sluice:stream:pause': channel('sluice:stream:pause'),
  'sluice:stream:resume': channel('sluice:stream:resume'),
  'sluice:stream:end': channel('sluice:stream:end'),
  'sluice:viewer:attach': channel('sluice:viewer:attach'),
  'sluice:viewer:detach': channel('sluice:viewer:detach'),
} as const satisfies Record<keyof DiagnosticsChannels, unknown>

/** Publishes to a channel, if anybody listens. Node keeps a subscriber's error away from us. */
export function publish<Name extends keyof DiagnosticsChannels>(
  name: Name,
  message: DiagnosticsChannels[Name],
): void {
  const to = channels[name]
  if (to.hasSubscribers) to.publish(message)
}
