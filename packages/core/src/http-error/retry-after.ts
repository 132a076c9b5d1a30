/** Reads a header field, whatever a client keeps its headers in: `Headers`, or an object. */
export type HeaderReader = (name: string) => string | undefined

/** The units of a duration in a message, in milliseconds. */
const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }

/**
 * How long to wait, in milliseconds, by the headers `retry-after-ms` and `Retry-After` (RFC 9110 §10.2.3: seconds, or a
 * date). `undefined`: they do not say.
 */
export function retryAfterOfHeaders(header: HeaderReader, nowMs: number): number | undefined {
  const ms = decimal(header('retry-after-ms'))
  if (ms !== undefined) return ms
  const value = header('retry-after')
  const seconds = decimal(value)
  if (seconds !== undefined) return seconds * 1000
  // An HTTP date begins with the day of the week; Date.parse finds a date in '-5' as well.
  const at = /^[a-z]/i.test(value ?? '') ? Date.parse(value!) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}

/** In the middle of a stream there are no headers any more. Some say it in the message: "try again in 1m2.5s". */
export function retryAfterOfMessage(message: string): number | undefined {
  const [, said] =
    /(?:try again in|retry (?:after|in))\s+(\d[\d.]*\s*(?:ms|h|m|s)[a-z]*(?:\d[\d.]*(?:ms|h|m|s))*)/i.exec(
      message,
    ) ?? []
  return said === undefined ? undefined : durationMs(said)
}

/** The milliseconds of a duration such as `34s` (Google's `RetryInfo.retryDelay`), `1m2.5s` or `20 seconds`. */
export function durationMs(text: string): number | undefined {
  let ms = 0
  let isDuration = false
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|h|m|s)/gi)) {
    ms += Number(amount) * UNIT_MS[unit!.toLowerCase()]!
    isDuration = true
  }
  return isDuration ? Math.ceil(ms) : undefined
}

function decimal(value: string | undefined): number | undefined {
  return /^\d+(\.\d+)?$/.test(value ?? '') ? Number(value) : undefined
}
