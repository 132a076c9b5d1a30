import type { EventRange, Framing, StreamRecord } from '@sluice/core/server'
import { frameHeadBytes, writeFrameHead } from './frame.ts'

const COMMA = 0x2c
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
    // `stream_start` names the stream by itself. Else the event's own opening brace makes room for the prefix's.
    if (first === last) return first === 1 ? byteLength : single.length + byteLength - 1
    return batch.length + byteLength + (last - first) + END_OF_BATCH.length
  }

  function write(range: EventRange, to: Buffer, at: number): void {
    if (range.first === range.last) writeOne(range, to, range.first === 1 ? undefined : single, at)
    else END_OF_BATCH.copy(to, writeEvents(range, to, at + batch.copy(to, at)))
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

function writeOne(range: EventRange, to: Buffer, prefix: Buffer | undefined, at: number): void {
  const start = prefix === undefined ? at : at + prefix.copy(to, at)
  range.forEach((_chunkId, json, from, end) => {
    json.copy(to, start, prefix === undefined ? from : from + 1, end)
  })
}

/**
 * Writes events with a comma between each two, and returns where they end. Where the log has that comma too, with the
 * next event behind it, both are one piece: nearly always all of them are.
 */
function writeEvents(range: EventRange, to: Buffer, start: number): number {
  let at = start
  let piece: Buffer | undefined
  let pieceStart = 0
  let pieceEnd = 0
  range.forEach((_chunkId, json, from, end) => {
    if (json !== piece || from !== pieceEnd + 1 || json[pieceEnd] !== COMMA) {
      if (piece !== undefined) {
        at += piece.copy(to, at, pieceStart, pieceEnd)
        to[at++] = COMMA
      }
      piece = json
      pieceStart = from
    }
    pieceEnd = end
  })
  return at + (piece?.copy(to, at, pieceStart, pieceEnd) ?? 0)
}
