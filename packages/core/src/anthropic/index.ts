export {
  type AnthropicMessagesClient,
  type AnthropicMessagesOptions,
  type AnthropicMessagesParams,
  anthropicMessages,
} from './messages.ts'
