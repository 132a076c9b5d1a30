import type { Framing, StreamRecord } from '@sluice/core/server'
import { frameHeadBytes, writeFrameHead } from './websocket-frame.ts'

const OPENING_BRACE = 0x7b
const BATCH = Buffer.from('{"type":"chunk_batch",')
const CHUNKS = Buffer.from('"chunks":[')
const END_OF_BATCH = Buffer.from(']}')

/** The forms in which a `SocketWriter` takes events. */
export type MessageForm =
  /** The text of a message. */
  | 'message'
  /** The text in a frame of RFC 6455, for a writer that writes into the TCP socket. */
  | 'frame'

/** One for each stream and form, so that all its viewers share their frames. */
const framings = {
  message: new WeakMap<StreamRecord, Framing>(),
  frame: new WeakMap<StreamRecord, Framing>(),
}

/** The framing of a stream's events. */
export function framingOf(record: StreamRecord, form: MessageForm): Framing {
  let framing = framings[form].get(record)
  if (framing === undefined) {
    framing = wsFraming(record.streamId, form)
    framings[form].set(record, framing)
  }
  return framing
}

/**
 * Events as the text of one message, made from the log's bytes: nothing is parsed, and nothing encoded again. One
 * event gets `stream_id` as its first field; several are a `chunk_batch`, which has it once.
 */
export function wsFraming(streamId: string, form: MessageForm): Framing {
  // `{"type":"chunk_batch",` and `{` come before the same id.
  const id = Buffer.from(`"stream_id":${JSON.stringify(streamId)},`)

  return (range) => {
    const { first, last, byteLength } = range
    const isBatch = first < last
    // `stream_start` names the stream by itself. Any other event gets a prefix, the end of which replaces its opening brace.
    const before = isBatch ? BATCH.length + id.length + CHUNKS.length : first === 1 ? 0 : id.length
    const size = before + byteLength + (isBatch ? last - first + END_OF_BATCH.length : 0)
    const headBytes = form === 'frame' ? frameHeadBytes(size) : 0
    const message = Buffer.allocUnsafe(headBytes + size)
    if (form === 'frame') writeFrameHead(message, size)
    const end = range.copy(message, headBytes + before)
    if (isBatch) {
      let at = headBytes + BATCH.copy(message, headBytes)
      at += id.copy(message, at)
      CHUNKS.copy(message, at)
      END_OF_BATCH.copy(message, end)
    } else if (before > 0) {
      message[headBytes] = OPENING_BRACE
      id.copy(message, headBytes + 1)
    }
    return message
  }
}
