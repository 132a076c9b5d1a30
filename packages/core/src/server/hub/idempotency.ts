import { createHash } from 'node:crypto'
import { StreamingError } from '../../errors.ts'
import type { Scope } from './access.ts'

/**
 * The form of an idempotency key. 128 random bits are 22 characters of base64url. A shorter key can be guessed, and then
 * somebody else's start is answered with the stream of this one.
 */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{22,255}$/

/** {@link IDEMPOTENCY_KEY} in words, to complete the sentence "the key has to be …". */
export const IDEMPOTENCY_KEY_RULE =
  '22 to 255 printable ASCII characters without spaces, of at least 128 random bits'

/** @throws StreamingError `invalid_request` if the key does not have this form */
function checkIdempotencyKey(key: string): void {
  if (IDEMPOTENCY_KEY.test(key)) return
  throw new StreamingError('invalid_request', `Idempotency-Key: has to be ${IDEMPOTENCY_KEY_RULE}.`)
}

/**
 * The key of a start as the log keeps it. Two scopes may use the same key without touching each other's streams.
 * @throws StreamingError `invalid_request` if the key is malformed
 */
export function scopedKey(start: { readonly idempotencyKey: string; readonly scope?: Scope }): string
export function scopedKey(start: {
  readonly idempotencyKey?: string | undefined
  readonly scope?: Scope
}): string | undefined
export function scopedKey(start: {
  readonly idempotencyKey?: string | undefined
  readonly scope?: Scope
}): string | undefined {
  const { idempotencyKey: key, scope } = start
  if (key === undefined) return undefined
  checkIdempotencyKey(key)
  return scope === undefined || scope === null ? key : hashInput([scope, key])
}

/** The hash that a key is bound to. It is the same for the same input, whatever the order of its fields. */
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
