import type { EventRange, Framing, StreamRecord } from '@sluice/core/server'
import { frameHeadBytes, writeFrameHead } from './frame.ts'

const END_OF_BATCH = Buffer.from(']}')

/** Events of a stream as messages, in the two forms that a wire may take. */
export interface WsFraming {
  /** The text of a message. */
  readonly message: Framing
  /** The same as a frame of RFC 6455, for a wire that is the socket itself. */
  readonly frame: Framing
}

/** One for each stream, so that all its viewers share their frames. */
const framings = new WeakMap<StreamRecord, WsFraming>()

/** The framing of a stream's events. */
export function framingOf(record: StreamRecord): WsFraming {
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
export function wsFraming(streamId: string): WsFraming {
  const id = JSON.stringify(streamId)
  const single = Buffer.from(`{"stream_id":${id},`)
  const batch = Buffer.from(`{"type":"chunk_batch","stream_id":${id},"chunks":[`)

  function sizeOf({ first, last, byteLength }: EventRange): number {
    // `stream_start` names the stream by itself. Else the end of the prefix takes the place of the event's opening brace.
    if (first === last) return first === 1 ? byteLength : single.length + byteLength - 1
    return batch.length + byteLength + (last - first) + END_OF_BATCH.length
  }

  function write(range: EventRange, to: Buffer, at: number): void {
    const { first, last } = range
    if (first < last) END_OF_BATCH.copy(to, range.copy(to, at + batch.copy(to, at)))
    else if (first === 1) range.copy(to, at)
    else {
      range.copy(to, at + single.length - 1)
      single.copy(to, at)
    }
  }

  return {
    message(range) {
      const message = Buffer.allocUnsafe(sizeOf(range))
      write(range, message, 0)
      return message
    },
    frame(range) {
      const size = sizeOf(range)
      const frame = Buffer.allocUnsafe(frameHeadBytes(size) + size)
      write(range, frame, writeFrameHead(frame, size))
      return frame
    },
  }
}
