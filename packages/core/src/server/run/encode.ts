import { Buffer } from 'node:buffer'
import type { StreamEvent, WithoutChunkId } from '../../events.ts'
import type { TextEventType } from './coalescer.ts'

/**
 * The JSON text of an event. `type` and `chunk_id` come first, so that a frame can be read by eye; then `at`, the
 * milliseconds since the stream's `created_at`, if the definition wants them.
 */
export function encodeEvent(chunkId: number, event: WithoutChunkId<StreamEvent>, at?: number): string {
  const { type, ...fields } = event
  return JSON.stringify({ type, chunk_id: chunkId, at, ...fields })
}

/** As {@link encodeEvent}, for what nearly all events are: only the text itself goes through `JSON.stringify`. */
export function encodeText(type: TextEventType, chunkId: number, text: string, at?: number): string {
  const stamp = at === undefined ? '' : `"at":${at},`
  return `{"type":"${type}","chunk_id":${chunkId},${stamp}"content":${JSON.stringify(text)}}`
}

/** The bytes of a text event before its chunk_id, and those between that and its text. */
const BEFORE_ID = {
  content_chunk: Buffer.from('{"type":"content_chunk","chunk_id":'),
  reasoning_chunk: Buffer.from('{"type":"reasoning_chunk","chunk_id":'),
}
const BEFORE_TEXT = ',"content":"'
const QUOTE = 0x22
const BACKSLASH = 0x5c
const CLOSING_BRACE = 0x7d

/**
 * Writes what {@link encodeText} gives straight into bytes that have room for it, if the text is all printable
 * ASCII without quotes and backslashes: for the few characters of a token, making a string first and a call out of
 * JavaScript cost twice as much. Returns its end; -1 if the text has other characters.
 */
export function writePlainText(
  bytes: Uint8Array,
  start: number,
  type: TextEventType,
  chunkId: number,
  text: string,
): number {
  const beforeId = BEFORE_ID[type]
  bytes.set(beforeId, start)
  let at = writeAscii(bytes, start + beforeId.length, String(chunkId))
  at = writeAscii(bytes, at, BEFORE_TEXT)
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x20 || unit > 0x7e || unit === QUOTE || unit === BACKSLASH) return -1
    bytes[at++] = unit
  }
  bytes[at++] = QUOTE
  bytes[at++] = CLOSING_BRACE
  return at
}

function writeAscii(bytes: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index)
  return at + text.length
}

/** A UTF-16 code unit is at most six bytes of JSON (`\\u0000`). */
const MAX_BYTES_PER_UNIT = 6
/** The most bytes that an event has besides its text: type, a 16-digit chunk_id, quotes and braces. */
export const ENVELOPE_BYTES = encodeText('reasoning_chunk', Number.MAX_SAFE_INTEGER, '').length

/** Whether text is surely within `maxBytes` as one event. An event without text is not cut. */
export function fitsOneEvent(text: string, maxBytes: number): boolean {
  return typeof text !== 'string' || text.length * MAX_BYTES_PER_UNIT + ENVELOPE_BYTES <= maxBytes
}

/** Cuts text into pieces whose events are within `maxBytes`, never through a character. Nearly always one. */
export function* splitText(text: string, maxBytes: number): Generator<string> {
  const units = Math.max(2, Math.floor((maxBytes - ENVELOPE_BYTES) / MAX_BYTES_PER_UNIT))
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + units, text.length)
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1
    yield text.slice(start, end)
    start = end
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}
