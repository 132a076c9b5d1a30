import type { EventRange, Framing, StreamRecord } from '@sluice/core/server'

const COMMA = 0x2c
const END_OF_BATCH = Buffer.from(']}')

/** One for each stream, so that all its viewers share their frames. */
const framings = new WeakMap<StreamRecord, Framing>()

/** The framing of a stream's events as messages. */
export function framingOf(record: StreamRecord): Framing {
  let framing = framings.get(record)
  if (framing === undefined) {
    framing = wsFraming(record.streamId)
    framings.set(record, framing)
  }
  return framing
}

/**
 * Events as the text of one message, made from the log's bytes: nothing is parsed, and nothing encoded again. One
 * event gets `stream_id` as its first field; several are a `chunk_batch`, which has it once.
 */
export function wsFraming(streamId: string): Framing {
  const id = JSON.stringify(streamId)
  const single = Buffer.from(`{"stream_id":${id},`)
  const batch = Buffer.from(`{"type":"chunk_batch","stream_id":${id},"chunks":[`)

  return (range) => {
    if (range.first === range.last) return frameOne(range, single)
    const count = range.last - range.first + 1
    const frame = Buffer.allocUnsafe(batch.length + range.byteLength + count - 1 + END_OF_BATCH.length)
    let at = batch.copy(frame)
    range.forEach((chunkId, json, start, end) => {
      if (chunkId !== range.first) frame[at++] = COMMA
      at += json.copy(frame, at, start, end)
    })
    END_OF_BATCH.copy(frame, at)
    return frame
  }
}

function frameOne(range: EventRange, prefix: Buffer): Buffer {
  // `stream_start` names the stream by itself.
  const head = range.first === 1 ? 0 : prefix.length
  // The event's own opening brace makes room for the prefix's.
  const skipped = head === 0 ? 0 : 1
  const frame = Buffer.allocUnsafe(head + range.byteLength - skipped)
  if (head > 0) prefix.copy(frame)
  range.forEach((_chunkId, json, start, end) => {
    json.copy(frame, head, start + skipped, end)
  })
  return frame
}
