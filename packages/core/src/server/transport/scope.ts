import { hashInput } from '../hub/idempotency.ts'

/**
 * The scope of the streams of a route: the values of the parameters in its URL, except those that the plugin's own URLs have.
 * A stream that was started in `/tenants/1/streams` is not found by way of `/tenants/2/streams`, whatever has its key or its
 * id, because hooks may have allowed only one of them. Both plugins have the same scope for the same values.
 *
 * @param own - The parameters that do not count.
 * @returns `null` if there are none.
 */
export function scopeOfParams(params: unknown, own: readonly string[] = []): string | null {
  const values = Object.entries(params ?? {}).filter(([name]) => !own.includes(name))
  return values.length === 0 ? null : hashInput(Object.fromEntries(values))
}
