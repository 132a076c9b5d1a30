import OpenAI from 'openai'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import type { ModelServer } from '../src/index.ts'

/** A question that each answer is chosen by. */
export const questions = {
  logging:
    'How do I build distributed logging with correlation IDs and error aggregation across microservices?',
  database: 'Why is this SQL query so slow, and which index would help?',
  travel: 'Plan a weekend trip for me, and a dinner to cook.',
  languages: 'Write something in Chinese, Japanese and Arabic, please.',
  algorithms: 'Explain Dijkstra’s algorithm with a proof.',
  default: 'What should I do with $& and “quotes” in my life?',
} as const

/** An OpenAI client that never retries, so that each fault is seen. */
export function clientOf(server: ModelServer, options: ConstructorParameters<typeof OpenAI>[0] = {}): OpenAI {
  return new OpenAI({ apiKey: 'test', baseURL: server.baseURL, maxRetries: 0, logLevel: 'off', ...options })
}

/** A chat request with one user message. */
export function chat(content: string, model = 'gpt-5-mini') {
  return { model, messages: [{ role: 'user' as const, content }] }
}

/** The items that were read to the end, and the error that was thrown, if there was one. */
export interface Reading<Item> {
  /** Everything that came. */
  readonly items: Item[]
  /** The error that was thrown at the end. */
  readonly error: unknown
}

/** Reads a stream to its end, good or bad. */
export async function readAll<Item>(stream: Promise<AsyncIterable<Item>>): Promise<Reading<Item>> {
  const items: Item[] = []
  try {
    for await (const item of await stream) items.push(item)
    return { items, error: undefined }
  } catch (error) {
    return { items, error }
  }
}

/** The text of a chat stream. */
export function contentOf(chunks: readonly OpenAI.ChatCompletionChunk[]): string {
  return chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
}

/** Why a chat stream ended, as its chunks tell. */
export function finishOf(chunks: readonly OpenAI.ChatCompletionChunk[]): string | undefined {
  return chunks.map((chunk) => chunk.choices[0]?.finish_reason).find((reason) => reason) ?? undefined
}

/** The text of a responses stream. */
export function textOf(events: readonly ResponseStreamEvent[]): string {
  return events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')
}
