import { toStreamingError } from '../../errors.ts'
import type { AnyStreamDefinition, RestartOptions, StreamDefinitions } from '../definition/define-stream.ts'
import { validate } from '../definition/validate.ts'
import type { LogWriter, Restarter, RestartPlan } from '../log/log.ts'
import { encodeEvent } from '../run/encode.ts'
import { logError } from '../telemetry/error-facts.ts'
import type { Logger } from '../telemetry/logger.ts'

const MAX_RESTARTS = 2

/** The part of a hub that {@link restarterFor} uses. */
export interface RestartingHub {
  readonly streams: StreamDefinitions
  logger(): Logger
  /** Whether another stream may start here now. */
  hasCapacity(): boolean
  /** @throws {StreamingError} `capacity` or `rate_limit` if the hub's limits do not admit it after all. */
  run(
    log: LogWriter,
    definition: AnyStreamDefinition,
    input: unknown,
    context: unknown,
    plan: RestartPlan,
  ): void
}

/** The plan that is kept for a producer that may have to follow. `undefined` if the definition does not ask for one. */
export function restartPlan(definition: AnyStreamDefinition, input: unknown): RestartPlan | undefined {
  const options = restartOptions(definition)
  if (options === undefined) return undefined
  const { maxRestarts = MAX_RESTARTS } = options
  // In an object: there is no JSON text for `undefined`.
  return { input: JSON.stringify({ input }), restarts: 0, maxRestarts, checkpoint: undefined }
}

/** Runs the streams of other instances whose producers died, if the definition here asks for a restart. */
export function restarterFor(hub: RestartingHub): Restarter {
  const definitionOf = (stream: string): AnyStreamDefinition | undefined =>
    Object.hasOwn(hub.streams, stream) ? hub.streams[stream] : undefined

  const begin = async (log: LogWriter, plan: RestartPlan): Promise<void> => {
    const { stream, streamId, owner } = log.record
    const definition = definitionOf(stream)!
    const { input } = JSON.parse(plan.input) as { input: unknown }
    const valid = await validate(definition.input, input)
    const context = await restartOptions(definition)?.context?.({ streamId, owner })
    hub.run(log, definition, valid, context, plan)
  }

  return {
    accepts: ({ stream }) => {
      const definition = definitionOf(stream)
      return definition !== undefined && restartOptions(definition) !== undefined && hub.hasCapacity()
    },
    restart: (log, plan) => {
      begin(log, plan).catch((thrown: unknown) => {
        logError(hub.logger(), { streamId: log.record.streamId }, thrown, 'a stream could not begin anew')
        log.end(encodeEvent(log.next, { type: 'stream_error', ...toStreamingError(thrown).toWire() }))
      })
    },
  }
}

function restartOptions({ onProducerLost = 'end' }: AnyStreamDefinition): RestartOptions | undefined {
  if (onProducerLost === 'end') return undefined
  return onProducerLost === 'restart' ? {} : onProducerLost
}
