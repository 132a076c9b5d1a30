/** As in RFC 6838, section 4.2; `image/*` if only that much is known. */
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,127}\/(?:\*|[\w!#$&^.+-]{1,127})(;.*)?$/
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** Whether a page may make a link of it: `http:`, `https:`, or relative. `javascript:` and its like must not get there. */
export function isLink(url: string): boolean {
  const base = 'https://page.invalid'
  return URL.canParse(url, base) && /^https?:$/.test(new URL(url, base).protocol)
}

/** Whether it is a media type. */
export function isMediaType(value: unknown): value is string {
  return typeof value === 'string' && MEDIA_TYPE.test(value)
}

/** Whether it is base64 with its padding (RFC 4648, section 4). */
export function isBase64(value: unknown): value is string {
  return typeof value === 'string' && value.length % 4 === 0 && BASE64.test(value)
}
