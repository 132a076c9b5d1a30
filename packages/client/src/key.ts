const URL_SAFE: Readonly<Record<string, string>> = { '+': '-', '/': '_', '=': '' }

/** A fresh idempotency key: 128 random bits, base64url (RFC 4648 §5). */
export function createKey(): string {
  // Not randomUUID: browsers have that in secure contexts only, and it has six bits less.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (character) => URL_SAFE[character]!)
}
