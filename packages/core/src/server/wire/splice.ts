import { Buffer } from 'node:buffer'
import type { TextAround, WireMessage } from './wire.ts'

/** What is around the content of text events, as bytes: all of a message but its id and the content. */
export class Splice {
  /** Between the number that begins the id, and the content. */
  readonly before: Buffer
  readonly after: Buffer

  /** @param afterNumber the rest of the id */
  constructor({ event, before, after }: TextAround, afterNumber: string) {
    this.before = Buffer.from(`${afterNumber}\n${eventField(event)}data: ${before}`)
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
