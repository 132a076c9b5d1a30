/** A fresh idempotency key: 128 random bits, in hexadecimal. */
export function createKey(): string {
  // Not randomUUID: browsers have that in secure contexts only, and it has six bits less.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
