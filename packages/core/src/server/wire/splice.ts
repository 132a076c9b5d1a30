import { Buffer } from 'node:buffer'
import type { TextAround, WireMessage } from './wire.ts'

/** What is around the content of text events, as bytes: all of a message but its id and the content. */
export class Splice {
  /** Between the number that begins the id, and the content, or else the number of the message. */
  readonly before: Buffer
  /** Between the number of the message and the content; `undefined`: the message does not say its number. */
  readonly afterNumber: Buffer | undefined
  readonly after: Buffer

  /** @param restOfId what follows the number that begins the id */
  constructor({ event, before, afterNumber, after }: TextAround, restOfId: string) {
    this.before = Buffer.from(`${restOfId}\n${eventField(event)}data: ${before}`)
    this.afterNumber = afterNumber === undefined ? undefined : Buffer.from(afterNumber)
    this.after = Buffer.from(`${after}\n\n`)
  }
}

/** The fields of a message beside its id (WHATWG HTML §9.2.6). */
export function fieldsOf({ event, data }: WireMessage): string {
  const lines = typeof data === 'string' ? data.split(/\r\n|\r|\n/) : [JSON.stringify(data)]
  return `${eventField(event)}${lines.map((line) => `data: ${line}\n`).join('')}`
}

function eventField(event: string | undefined): string {
  return event === undefined ? '' : `event: ${event}\n`
}
