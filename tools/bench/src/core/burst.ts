import { setImmediate as nextTurn } from 'node:timers/promises'
import { createHub, defineStream, type Framing, memoryLog } from '@sluice/core/server'
import { findPlace, type Pack, type Wire, WireFraming } from '@sluice/core/transport'
import { z } from 'zod'

/** Tokens that arrive together, as they do from one packet of a provider. */
const BURST = 50
const WORDS = Array.from({ length: 64 }, (_, index) => ` token${index}`)

const LF = 0x0a

/** Events as lines of JSON: what any transport's framing does, less its field names. */
const lines: Framing = (range) => {
  const { first, last, byteLength } = range
  const frame = Buffer.allocUnsafe(byteLength + last - first + 1)
  const end = range.copyEach(frame, 0, (chunkId, at) => {
    if (chunkId === first) return at
    frame[at] = LF
    return at + 1
  })
  frame[end] = LF
  return frame
}

const asItIs: Pack = (bytes, from, to) => Buffer.from(bytes.subarray(from, to))

/**
 * CPU time (user and system) for a chunk, in µs: appended, encoded, and given to viewers that always read.
 * @param wire - What they read. @default lines of JSON
 */
export async function burstCpu(viewers: number, chunks: number, wire?: Wire): Promise<number> {
  const chat = defineStream({
    input: z.unknown(),
    run: async function* () {
      for (let index = 0; index < chunks; index++) {
        if (index % BURST === 0) await nextTurn()
        yield WORDS[index % WORDS.length]!
      }
    },
  })
  const hub = createHub({ streams: { chat }, log: memoryLog({ maxStreamBytes: 2 ** 26 }) })
  const handle = await hub.start({ stream: 'chat', input: 0 })
  const before = process.cpuUsage()
  const ended = Array.from({ length: viewers }, async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const place = wire && (await findPlace(handle, { wire }))
    const framing = place ? new WireFraming(place.translation, asItIs) : lines
    handle.attach({ after: 0, framing, sink: { write: () => true, end: () => resolve() } })
    await promise
  })
  await Promise.all(ended)
  const { user, system } = process.cpuUsage(before)
  await hub.close()
  return (user + system) / chunks
}

/** The time of `JSON.stringify` alone for such an event, in µs of CPU. */
export function stringifyCpu(events: number): number {
  const before = process.cpuUsage()
  let length = 0
  for (let index = 0; index < events; index++) {
    const content = WORDS[index % WORDS.length]!
    length += JSON.stringify({ type: 'content_chunk', chunk_id: index, content }).length
  }
  const { user, system } = process.cpuUsage(before)
  if (length === 0) throw new Error('nothing was measured')
  return (user + system) / events
}
