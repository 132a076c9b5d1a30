import { StreamingError } from '@sluice/core'

/** Statuses of the 4xx class that a second try may mend (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4). */
const PASSING = [408, 425, 429]

/** Whether another try may find it mended: networks, proxies, overload, but not a request that is wrong. */
export function isTransient(status: number): boolean {
  return status < 400 || status >= 500 || PASSING.includes(status)
}

/**
 * Whether trying again is pointless: the request is wrong, or it is one of those that may pass, but the server says
 * that it will not (a quota). Not so from 500 on: there `recoverable` speaks of a new start, and this is none.
 */
export function isPermanent({ status, recoverable }: StreamingError): boolean {
  return !isTransient(status) || (status < 500 && !recoverable)
}

/** What a transport threw, as an error that can be judged: what it did not name was the network. */
export function toFailure(thrown: unknown): StreamingError {
  if (thrown instanceof StreamingError) return thrown
  return new StreamingError('connection_lost', undefined, { cause: thrown })
}
