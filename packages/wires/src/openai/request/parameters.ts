/**
 * How a parameter of a request is treated.
 * - `used`: the routes themselves follow it.
 * - `ignored`: it does not change the answer, so OpenAI's own servers would say the same without it.
 * - `handed on`: it advises the model. The model's `input` gets it, and may leave it to the application's own choice.
 * - a function: whether this value is a promise to the client, that a program relies on. Then `input` has to read it, or the
 *   request is refused.
 */
export type Rule = 'used' | 'ignored' | 'handed on' | ((value: unknown) => boolean)

/** With any value. */
const always = (): boolean => true
const isTrue = (value: unknown): boolean => value === true
const isFalse = (value: unknown): boolean => value === false
const isFilled = (value: unknown): boolean =>
  typeof value === 'string' || (Array.isArray(value) && value.length > 0)
const isChoice = (value: unknown): boolean => value !== 'auto' && value !== 'none'
const isNoText = (value: unknown): boolean => (value as { readonly type?: unknown }).type !== 'text'

const BOTH = {
  metadata: 'ignored',
  model: 'used',
  moderation: always,
  parallel_tool_calls: isFalse,
  prompt_cache_key: 'ignored',
  prompt_cache_options: 'ignored',
  prompt_cache_retention: 'ignored',
  safety_identifier: 'ignored',
  service_tier: 'ignored',
  store: 'ignored',
  stream: 'used',
  stream_options: 'used',
  temperature: 'handed on',
  tool_choice: isChoice,
  tools: isFilled,
  top_p: 'handed on',
  user: 'ignored',
} as const satisfies Record<string, Rule>

/** The parameters of Chat Completions. https://platform.openai.com/docs/api-reference/chat/create */
export const CHAT_PARAMETERS = {
  ...BOTH,
  audio: always,
  frequency_penalty: 'handed on',
  function_call: isChoice,
  functions: isFilled,
  logit_bias: 'handed on',
  logprobs: isTrue,
  max_completion_tokens: 'handed on',
  max_tokens: 'handed on',
  messages: 'used',
  modalities: (value) => Array.isArray(value) && value.includes('audio'),
  n: (value) => value !== 1,
  prediction: 'handed on',
  presence_penalty: 'handed on',
  reasoning_effort: 'handed on',
  response_format: isNoText,
  seed: 'handed on',
  stop: isFilled,
  top_logprobs: (value) => value !== 0,
  verbosity: 'handed on',
  web_search_options: always,
} as const satisfies Record<string, Rule>

/** The parameters of Responses. https://platform.openai.com/docs/api-reference/responses/create */
export const RESPONSES_PARAMETERS = {
  ...BOTH,
  access_programs: always,
  background: 'used',
  context_management: always,
  conversation: always,
  image: always,
  // All others ask for details of items that no such answer has.
  include: (value) => Array.isArray(value) && value.includes('message.output_text.logprobs'),
  input: 'used',
  instructions: 'used',
  max_output_tokens: 'handed on',
  max_tool_calls: 'handed on',
  previous_response_id: always,
  prompt: always,
  reasoning: 'handed on',
  text: (value) => {
    const { format } = value as { readonly format?: unknown }
    return typeof format === 'object' && format !== null && isNoText(format)
  },
  top_logprobs: (value) => value !== 0,
  truncation: 'handed on',
} as const satisfies Record<string, Rule>

/** The parameters of which no answer on these wires can be what they ask for, whatever the application does. */
export const IMPOSSIBLE: Readonly<Record<string, string>> = {
  audio: 'an answer has no audio here',
  include: 'the probabilities of tokens are not known here',
  logprobs: 'the probabilities of tokens are not known here',
  modalities: 'an answer has no audio here',
  n: 'an answer has one choice here, so it can only be 1',
  top_logprobs: 'the probabilities of tokens are not known here',
}

/** The parameters that this request relies on, and those that no table knows: the application has to read them. */
export function bindingParameters(
  body: Readonly<Record<string, unknown>>,
  rules: Readonly<Record<string, Rule>>,
): string[] {
  return Object.entries(body)
    .filter(([name, value]) => {
      const rule = Object.hasOwn(rules, name) ? rules[name] : always
      return typeof rule === 'function' && rule(value)
    })
    .map(([name]) => name)
}
