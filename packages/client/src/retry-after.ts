/**
 * The wait that a `Retry-After` field asks for, in seconds: a number or a date (RFC 9110 §10.2.3). `undefined` where
 * there is none, or where it cannot be understood.
 */
export function retryAfterSeconds(value: string | null): number | undefined {
  if (!value) return undefined
  const number = Number(value)
  const seconds = Number.isNaN(number) ? (Date.parse(value) - Date.now()) / 1000 : number
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}
