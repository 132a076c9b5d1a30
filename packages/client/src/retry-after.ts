/**
 * The wait that a `Retry-After` field asks for, in milliseconds: seconds or a date (RFC 9110 §10.2.3).
 * `undefined` where there is none, or where it cannot be understood.
 */
export function retryAfterMs(value: string | null): number | undefined {
  if (!value) return undefined
  const seconds = Number(value)
  const ms = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}
