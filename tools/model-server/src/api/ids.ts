import { randomBytes } from 'node:crypto'

/** The id of a request, as `x-request-id` carries it. */
export function requestId(): string {
  return `req_${randomBytes(16).toString('hex')}`
}

/** An id in the form of OpenAI's hexadecimal ones: `resp_…`, `msg_…`, `fc_…`, `rs_…`. */
export function hexId(prefix: 'resp' | 'msg' | 'fc' | 'rs'): string {
  return `${prefix}_${randomBytes(25).toString('hex')}`
}

/** An id in the form of OpenAI's alphanumeric ones: `chatcmpl-…`, `call_…`. */
export function alphanumericId(prefix: 'chatcmpl-' | 'call_', length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  return prefix + Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('')
}
