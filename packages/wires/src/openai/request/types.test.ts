import type OpenAI from 'openai'
import { expectTypeOf, test } from 'vitest'
import type { CHAT_PARAMETERS, RESPONSES_PARAMETERS } from './parameters.ts'
import type { ChatMessage, ChatTool, ChatToolChoice, OpenAiRequest } from './types.ts'

type ChatParams = OpenAI.Chat.ChatCompletionCreateParamsStreaming

test('a request can be handed to the provider by the openai package', () => {
  expectTypeOf<ChatMessage[]>().toExtend<ChatParams['messages']>()
  expectTypeOf<ChatTool[]>().toExtend<NonNullable<ChatParams['tools']>>()
  expectTypeOf<ChatToolChoice>().toExtend<NonNullable<ChatParams['tool_choice']>>()
  expectTypeOf<NonNullable<OpenAiRequest['response_format']>>().toExtend<
    NonNullable<ChatParams['response_format']>
  >()
  expectTypeOf<Pick<OpenAiRequest, 'temperature' | 'top_p' | 'stop' | 'seed' | 'logit_bias'>>().toExtend<
    Pick<ChatParams, 'temperature' | 'top_p' | 'stop' | 'seed' | 'logit_bias'>
  >()
  expectTypeOf<
    Pick<OpenAiRequest, 'max_tokens' | 'max_completion_tokens' | 'reasoning_effort' | 'verbosity'>
  >().toExtend<Pick<ChatParams, 'max_tokens' | 'max_completion_tokens' | 'reasoning_effort' | 'verbosity'>>()
})

test('each parameter that the openai package knows has a rule', () => {
  expectTypeOf<keyof typeof CHAT_PARAMETERS>().toEqualTypeOf<keyof ChatParams>()
  expectTypeOf<keyof typeof RESPONSES_PARAMETERS>().toEqualTypeOf<
    keyof OpenAI.Responses.ResponseCreateParamsStreaming
  >()
})
