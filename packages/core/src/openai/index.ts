export { type OpenAIChatClient, type OpenAIChatOptions, type OpenAIChatParams, openaiChat } from './chat.ts'
export type { MissingFinishReason } from './chat-answer.ts'
export { openaiError } from './errors.ts'
export {
  type OpenAIResponsesClient,
  type OpenAIResponsesOptions,
  type OpenAIResponsesParams,
  openaiResponses,
} from './responses.ts'
