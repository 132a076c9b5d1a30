import { Buffer } from 'node:buffer'
import type { TextEventType } from '../run/coalescer.ts'

/** The place of the first character of an event's type, after `{"type":"`. */
const TYPE_AT = 9
const QUOTE = 0x22
const BACKSLASH = 0x5c
const CLOSING_BRACE = 0x7d
const POINT = 0x2e
const NINE = 0x39

const CONTENT = Buffer.from('{"type":"content_chunk","chunk_id":')
const REASONING = Buffer.from('{"type":"reasoning_chunk","chunk_id":')
const AT = Buffer.from(',"at":')
const TEXT = Buffer.from(',"content":"')

/**
 * The position at which the JSON string of a text event begins, its quotes included: it reaches to before the last byte of
 * the event. -1: it is another event, or one with fields that this version does not know.
 * @param json has the event's text from its start up to `end`
 */
export function textStart(json: Uint8Array, end: number): number {
  const head = json[TYPE_AT] === CONTENT[TYPE_AT] ? CONTENT : REASONING
  if (!has(json, 0, head)) return -1
  let at = afterNumber(json, head.length)
  if (has(json, at, AT)) at = afterNumber(json, at + AT.length)
  if (!has(json, at, TEXT) || json[end - 1] !== CLOSING_BRACE) return -1
  const start = at + TEXT.length - 1
  return endOfString(json, start, end) === end - 1 ? start : -1
}

/** The type of an event in which {@link textStart} has found text. */
export function textType(json: Uint8Array): TextEventType {
  return json[TYPE_AT] === CONTENT[TYPE_AT] ? 'content_chunk' : 'reasoning_chunk'
}

function has(json: Uint8Array, start: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) if (json[start + index] !== text[index]) return false
  return true
}

/** The position after a number: digits, and a point if it has a fraction. */
function afterNumber(json: Uint8Array, start: number): number {
  let at = start
  while (json[at]! >= POINT && json[at]! <= NINE) at++
  return at
}

/** The position after a JSON string that begins at `start`. */
function endOfString(json: Uint8Array, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    if (json[at] === BACKSLASH) at++
    else if (json[at] === QUOTE) return at + 1
  }
  return -1
}
