import type { Wire } from '@sluice/core/transport'
import { errorBody } from '../errors.ts'
import { ChatTranslator } from './translator.ts'

/**
 * OpenAI's Chat Completions, streamed. It cannot take text back: an answer that begins anew becomes an error.
 *
 * https://platform.openai.com/docs/api-reference/chat-streaming
 */
export const chatCompletions: Wire = wire('openai-chat', { includeUsage: false })

/** As {@link chatCompletions}, with the usage before the end (`stream_options: { include_usage: true }`). */
export const chatCompletionsWithUsage: Wire = wire('openai-chat-usage', { includeUsage: true })

function wire(name: string, options: { readonly includeUsage: boolean }): Wire {
  return { name, begin: (record) => new ChatTranslator(record, options), errorBody }
}
