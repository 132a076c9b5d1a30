import { Buffer } from 'node:buffer'
import type { TextEventType } from '../run/coalescer.ts'

/** The place of the first character of an event's type, after `{"type":"`. */
const TYPE_AT = 9
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d
const POINT = 0x2e
const NINE = 0x39
/** Characters up to which text is looked at one by one; a token has about four. */
const SHORT = 32

const CONTENT = Buffer.from('content_chunk","chunk_id":')
const REASONING = Buffer.from('reasoning_chunk","chunk_id":')
const AT = Buffer.from(',"at":')
const TEXT = Buffer.from(',"content":"')

/** The position of the `content` of a text event that begins at `start`, a JSON string. -1: it is another event. */
export function textStart(json: Buffer, start: number): number {
  const head = json[start + TYPE_AT] === CONTENT[0] ? CONTENT : REASONING
  if (!has(json, start + TYPE_AT, head)) return -1
  let at = afterNumber(json, start + TYPE_AT + head.length)
  if (has(json, at, AT)) at = afterNumber(json, at + AT.length)
  return has(json, at, TEXT) ? at + TEXT.length - 1 : -1
}

/** The type of a text event that begins at `start`. */
export function textType(json: Buffer, start: number): TextEventType {
  return json[start + TYPE_AT] === CONTENT[0] ? 'content_chunk' : 'reasoning_chunk'
}

/** The position after the JSON string that begins at `start`. */
export function endOfString(json: Buffer, start: number): number {
  let at = start + 1
  for (const short = at + SHORT; at < short; at++) {
    if (json[at] === BACKSLASH) at++
    else if (json[at] === QUOTE) return at + 1
  }
  // Long text: a call out of JavaScript for each quote in it.
  for (;;) {
    const quote = json.indexOf(QUOTE, at)
    if (quote === -1) throw notJson()
    let escapes = quote
    while (escapes > at && json[escapes - 1] === BACKSLASH) escapes--
    if ((quote - escapes) % 2 === 0) return quote + 1
    at = quote + 1
  }
}

/** The position after the JSON object that begins at `start`. */
export function endOfObject(json: Buffer, start: number): number {
  let depth = 0
  for (let at = start; at < json.length; at++) {
    const byte = json[at]
    if (byte === QUOTE) at = endOfString(json, at) - 1
    else if (byte === OPENING_BRACE) depth++
    else if (byte === CLOSING_BRACE && --depth === 0) return at + 1
  }
  throw notJson()
}

/** Whether an object ends with this byte. */
export function endsObject(json: Buffer, at: number): boolean {
  return json[at] === CLOSING_BRACE
}

function has(json: Buffer, start: number, text: Buffer): boolean {
  for (let index = 0; index < text.length; index++) if (json[start + index] !== text[index]) return false
  return true
}

/** The position after a number: digits, and a point if it has a fraction. */
function afterNumber(json: Buffer, start: number): number {
  let at = start
  while (json[at]! >= POINT && json[at]! <= NINE) at++
  return at
}

/** A log has a text that is no event. */
export function notJson(): RangeError {
  return new RangeError('An event of the log is no JSON object.')
}
