import { StreamingError } from '../../errors.ts'
import type { Wire } from './wire.ts'

/** The place of a message in a stream, as its id says it. */
export type WireCursor =
  | {
      /** The event that the message came of. */
      readonly chunkId: number
      /** Which of its messages, from 0. */
      readonly sub: number
      /** The event with which the block began that was open before this event; 0: none was. */
      readonly open: number
    }
  /** The number of the message in its stream, from 0. */
  | number

/**
 * Reads a cursor as a client sent it.
 * @param name names its field in the error
 * @throws {StreamingError} `invalid_request` if it has another form than the ids of this wire
 */
export function parseWireCursor(text: string, wire: Wire, name: string): WireCursor {
  // 15 digits are below Number.MAX_SAFE_INTEGER.
  if (wire.resumesFrom === 'start') {
    if (/^\d{1,15}$/.test(text)) return Number(text)
    throw new StreamingError(
      'invalid_request',
      `${name}: has to be a whole number from 0 on, and is '${text}'.`,
    )
  }
  const [, chunkId, sub, open] = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/.exec(text)?.map(Number) ?? []
  if (chunkId !== undefined && open! < chunkId) return { chunkId, sub: sub!, open: open! }
  throw new StreamingError(
    'invalid_request',
    `${name}: has to be the id of a message of this stream, and is '${text}'.`,
  )
}
