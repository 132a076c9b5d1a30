import { createHash } from 'node:crypto'
import { StreamingError } from '../../errors.ts'

// 128 random bits are 22 characters of base64url. What is shorter can be guessed, and then somebody else's start
// is answered with this one's stream.
const KEY = /^[\x21-\x7e]{22,255}$/

/** @throws {StreamingError} `invalid_request` where a key is too short, too long or not printable ASCII. */
export function checkIdempotencyKey(key: string): void {
  if (KEY.test(key)) return
  throw new StreamingError(
    'invalid_request',
    'Idempotency-Key: has to be 22 to 255 printable ASCII characters without spaces, of at least 128 random bits.',
  )
}

/** What a key is bound to: the same input, whatever the order of its fields. */
export function hashInput(input: unknown): string {
  return createHash('sha256').update(canonicalJson(input)).digest('base64url')
}

function canonicalJson(value: unknown): string {
  return (
    JSON.stringify(value, (_key, field: unknown) =>
      typeof field === 'object' && field !== null && !Array.isArray(field)
        ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
        : field,
    ) ?? 'undefined'
  )
}
