export { type OpenAIChatClient, type OpenAIChatParams, openaiChat } from './chat.ts'
export { openaiError } from './errors.ts'
export {
  type OpenAIResponsesClient,
  type OpenAIResponsesOptions,
  type OpenAIResponsesParams,
  openaiResponses,
} from './responses.ts'
