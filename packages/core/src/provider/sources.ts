import { isBase64, isLink, isMediaType } from '../part-fields.ts'
import type { FilePart, SourcePart } from '../parts.ts'
import { textOf } from './fields.ts'
import { countOf } from './usage.ts'

/**
 * A source with what a provider says of it. An address that no page can open, such as `gs://bucket/doc.pdf`, is its
 * `id`. `undefined`: the provider says too little to name one.
 */
export function sourceOf(
  said: { readonly [Name in Exclude<keyof SourcePart, 'type'>]?: unknown },
): SourcePart | undefined {
  const address = textOf(said.url)
  const url = address !== undefined && isLink(address) ? address : undefined
  const id = textOf(said.id) ?? (url === undefined ? address : undefined)
  const title = textOf(said.title)
  if (id === undefined && url === undefined && title === undefined) return undefined
  const quote = textOf(said.quote)
  const start = countOf(said.start)
  const end = countOf(said.end)
  return {
    type: 'source',
    ...(id === undefined ? {} : { id }),
    ...(url === undefined ? {} : { url }),
    ...(title === undefined ? {} : { title }),
    ...(quote === undefined ? {} : { quote }),
    ...(start === undefined || end === undefined ? {} : { start, end }),
  }
}

/**
 * A file out of a URL, which may hold the file itself (`data:`, RFC 2397). `undefined`: no page can open it.
 *
 * @param mediaType - of the file behind the URL
 */
export function fileOf(url: unknown, mediaType?: unknown): FilePart | undefined {
  const address = textOf(url)
  if (address === undefined) return undefined
  const [, head, data] = /^data:([^,]*),(.*)$/is.exec(address) ?? []
  if (head === undefined || data === undefined) {
    return isLink(address) ? { type: 'file', mediaType: mediaTypeOf(mediaType), url: address } : undefined
  }
  const type = head.split(';')[0]
  return /;\s*base64\s*$/i.test(head) ? inlineFileOf(type, data) : inlineFileOf(type, unescaped(data))
}

/** A file that a provider sends as base64, in whichever of its forms (RFC 4648, sections 3.1, 3.2 and 5). */
export function inlineFileOf(mediaType: unknown, base64: unknown): FilePart | undefined {
  const given = textOf(base64)
  if (given === undefined) return undefined
  const data = isBase64(given) ? given : padded(given)
  return isBase64(data) ? { type: 'file', mediaType: mediaTypeOf(mediaType), data } : undefined
}

function mediaTypeOf(said: unknown): string {
  return isMediaType(said) ? said : 'application/octet-stream'
}

/** Base64 in the alphabet of URLs, with line breaks or without padding, as it has to be. */
function padded(base64: string): string {
  const digits = base64
    .replace(/\s+|=+\s*$/g, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
  return digits.padEnd(Math.ceil(digits.length / 4) * 4, '=')
}

/** Percent-encoded text as base64. */
function unescaped(text: string): string | undefined {
  try {
    const bytes = new TextEncoder().encode(decodeURIComponent(text))
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  } catch {
    return undefined
  }
}
