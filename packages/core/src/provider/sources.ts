import type { FilePart, SourcePart } from '../parts.ts'
import { textOf } from './fields.ts'
import { countOf } from './usage.ts'

/** A source with what a provider says of it. `undefined`: it says too little to name one. */
export function sourceOf(
  said: { readonly [Name in Exclude<keyof SourcePart, 'type'>]?: unknown },
): SourcePart | undefined {
  const id = textOf(said.id)
  const url = textOf(said.url)
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

/** A file out of a URL, which may hold the file itself (`data:`, RFC 2397). */
export function fileOf(url: unknown, mediaType?: unknown): FilePart | undefined {
  const address = textOf(url)
  if (address === undefined) return undefined
  const [, type, data] = /^data:([^;,]+);base64,(.+)$/s.exec(address) ?? []
  if (type !== undefined && data !== undefined) return { type: 'file', mediaType: type, data }
  return { type: 'file', mediaType: textOf(mediaType) ?? 'application/octet-stream', url: address }
}
