import { type InputIssue, StreamingError, type StreamShape } from '@sluice/core'
import type { FilePart } from './message.ts'

/** @throws {StreamingError} `invalid_request` with the issues, place by place, as the server says it. */
export async function validated(schema: StreamShape['input'], input: unknown): Promise<void> {
  const { issues } = await schema['~standard'].validate(input)
  if (!issues) return
  const wrong = issues.map(({ message, path = [] }): InputIssue => {
    const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment))
    return { path: keys.map((key) => (typeof key === 'number' ? key : String(key))), message }
  })
  throw new StreamingError('invalid_request', issues[0]?.message, { issues: wrong })
}

/** A file as JSON. Its content is in a `data:` URL (RFC 2397). */
export function toFilePart(file: FilePart | File): FilePart | Promise<FilePart> {
  if (!(file instanceof Blob)) return file
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () =>
      resolve({ type: 'file', name: file.name, mediaType: file.type, url: reader.result as string })
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })
}
