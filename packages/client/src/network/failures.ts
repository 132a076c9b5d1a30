import { StreamingError } from '@sluice/core'

/** Statuses of the 4xx class that a second try may mend (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4). */
const TRANSIENT = [408, 425, 429]

/** The words that browsers, Node and React Native use if `fetch` has met a broken network: always a `TypeError`. */
const NETWORK = /fetch|network|load failed|terminated/i

/** The message if the server no longer has a stream that the page knows. */
export const LOST_LOG = 'The server no longer has this answer.'

/** Whether a later try may succeed: networks, proxies and overload may recover, a wrong request does not. */
export function isTransient(status: number): boolean {
  return status < 400 || status >= 500 || TRANSIENT.includes(status)
}

/**
 * Whether another try is useless: the request is wrong, or the status is transient but the server says that waiting
 * does not help (a quota). From 500 on `recoverable` says nothing here: it speaks of a new start, and a resume is none.
 */
export function isPermanent({ status, recoverable }: StreamingError): boolean {
  return !isTransient(status) || (status < 500 && !recoverable)
}

/** A failure of the network. */
export function lostBy(cause: unknown): StreamingError {
  return new StreamingError('connection_lost', undefined, { cause })
}

/**
 * Anything that was thrown, as an error that can be judged. A broken network is `connection_lost`, and is tried
 * again. Anything else is a mistake of the page, which no second try mends: it keeps its own message.
 */
export function toFailure(thrown: unknown): StreamingError {
  if (thrown instanceof StreamingError) return thrown
  const { name, message } = Object(thrown) as Partial<Error>
  const isNetwork =
    /^(Abort|Network|Timeout)Error$/.test(name!) || (name === 'TypeError' && NETWORK.test(message!))
  return isNetwork ? lostBy(thrown) : new StreamingError('invalid_request', message, { cause: thrown })
}
