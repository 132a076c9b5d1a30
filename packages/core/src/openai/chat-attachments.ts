import { type Fields, fieldsOf } from '../provider/fields.ts'
import { fileOf, sourceOf } from '../provider/sources.ts'
import type { ChatPart } from './chat-text.ts'

/** Puts the sources (`annotations`) and the images of a delta behind the parts that are there. */
export function takeAttachments({ annotations, images }: Fields, parts: ChatPart[]): void {
  for (const annotation of Array.isArray(annotations) ? annotations : []) {
    const {
      url,
      title,
      start_index: start,
      end_index: end,
    } = fieldsOf(fieldsOf(annotation)?.url_citation) ?? {}
    const source = sourceOf({ url, title, start, end })
    if (source !== undefined) parts.push(source)
  }
  for (const image of Array.isArray(images) ? images : []) {
    const file = fileOf(fieldsOf(fieldsOf(image)?.image_url)?.url, 'image/*')
    if (file !== undefined) parts.push(file)
  }
}
