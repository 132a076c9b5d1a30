import type { StreamDefinitions } from '../definition/define-stream.ts'
import type { Wire } from '../wire/wire.ts'
import { InvalidOptionError } from './errors.ts'

/**
 * Refuses definitions whose answers a wire cannot carry: with `retry: { afterFirstChunk: 'restart' }` an answer may be taken
 * back, and the clients of most wires cannot do that. A plugin calls it when it registers the routes of its wire.
 *
 * @param streams those of the definitions that the routes serve
 * @throws InvalidOptionError that names the definition
 */
export function refuseRestarts(wire: Wire, streams: StreamDefinitions): void {
  if (wire.takesBack === true) return
  for (const [name, { retry }] of Object.entries(streams)) {
    if (retry?.afterFirstChunk !== 'restart') continue
    throw new InvalidOptionError(
      `the stream '${name}' has retry.afterFirstChunk: 'restart', and the clients of the wire '${wire.name}' cannot take text ` +
        `back: set it to 'continue' or 'fail'.`,
    )
  }
}
