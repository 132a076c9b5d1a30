import type { ContentPart } from '../parts.ts'

/** An empty piece of text: it says nothing but that the provider is alive. */
export const ALIVE: ContentPart = { type: 'content', content: '' }
