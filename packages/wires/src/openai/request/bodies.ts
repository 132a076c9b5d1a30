import { z } from 'zod'

const text = z.string()
const record = z.record(z.string(), z.unknown())
const number = z.number()
const count = z.int().min(1)
/** As OpenAI's own: 64 letters, digits, `_` and `-`. */
const toolName = z.string().regex(/^[\w-]{1,64}$/)
/** OpenAI takes as many. The names of functions are kept with the stream. */
const MAX_TOOLS = 128

const textPart = z.looseObject({ type: z.literal('text'), text })
const texts = z.union([text, z.array(textPart).min(1)])

const userPart = z.discriminatedUnion('type', [
  textPart,
  z.looseObject({ type: z.literal('image_url'), image_url: z.looseObject({ url: text }) }),
  z.looseObject({ type: z.literal('input_audio'), input_audio: z.looseObject({ data: text, format: text }) }),
  z.looseObject({ type: z.literal('file'), file: record }),
])

const toolCall = z.discriminatedUnion('type', [
  z.looseObject({
    id: text,
    type: z.literal('function'),
    function: z.looseObject({ name: text, arguments: text }),
  }),
  z.looseObject({ id: text, type: z.literal('custom'), custom: z.looseObject({ name: text, input: text }) }),
])

const assistantParts = z.array(
  z.discriminatedUnion('type', [textPart, z.looseObject({ type: z.literal('refusal'), refusal: text })]),
)

const message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['system', 'developer']), content: texts }),
  z.looseObject({ role: z.literal('user'), content: z.union([text, z.array(userPart).min(1)]) }),
  z.looseObject({
    role: z.literal('assistant'),
    content: z.union([text, assistantParts]).nullish(),
    refusal: text.nullish(),
    tool_calls: z.array(toolCall).nullish(),
  }),
  z.looseObject({ role: z.literal('tool'), content: texts, tool_call_id: text }),
  z.looseObject({ role: z.literal('function'), content: text.nullable(), name: text }),
])

const tool = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('function'),
    function: z.looseObject({ name: toolName, description: text.nullish(), parameters: record.nullish() }),
  }),
  z.looseObject({ type: z.literal('custom'), custom: z.looseObject({ name: toolName }) }),
])

const toolChoice = z.union([z.enum(['none', 'auto', 'required']), z.looseObject({ type: text })])

const sampling = {
  temperature: number.min(0).max(2).optional(),
  top_p: number.min(0).max(1).optional(),
}

/** The values that both APIs take. Those of which nothing is read here are the application's to check. */
const shared = {
  ...sampling,
  model: z.string().min(1),
  stream: z.boolean().optional(),
  metadata: record.optional(),
  parallel_tool_calls: z.boolean().optional(),
  store: z.boolean().optional(),
  tool_choice: toolChoice.optional(),
  user: text.optional(),
}

/** The body of a chat completion, without what is `null` in it. */
export const chatBody = z.looseObject({
  ...shared,
  messages: z.array(message).min(1),
  frequency_penalty: number.min(-2).max(2).optional(),
  presence_penalty: number.min(-2).max(2).optional(),
  logit_bias: z.record(z.string(), number).optional(),
  logprobs: z.boolean().optional(),
  top_logprobs: z.int().min(0).optional(),
  max_tokens: count.optional(),
  max_completion_tokens: count.optional(),
  n: count.optional(),
  reasoning_effort: text.optional(),
  response_format: z
    .discriminatedUnion('type', [
      z.looseObject({ type: z.literal('text') }),
      z.looseObject({ type: z.literal('json_object') }),
      z.looseObject({ type: z.literal('json_schema'), json_schema: z.looseObject({ name: text }) }),
    ])
    .optional(),
  seed: z.int().optional(),
  stop: z.union([text, z.array(text).max(4)]).optional(),
  stream_options: z
    .looseObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
    .optional(),
  tools: z.array(tool).max(MAX_TOOLS).optional(),
  verbosity: text.optional(),
})

const inputPart = z.discriminatedUnion('type', [
  z.looseObject({ type: z.enum(['input_text', 'output_text', 'text']), text }),
  z.looseObject({ type: z.literal('refusal'), refusal: text }),
  z.looseObject({ type: z.literal('input_image') }),
  z.looseObject({ type: z.literal('input_file') }),
  z.looseObject({ type: z.literal('input_audio'), input_audio: z.looseObject({ data: text, format: text }) }),
])
const inputContent = z.union([text, z.array(inputPart)])

/** An item of the input, with or without the `type` of a message. Items of other types are for the application. */
export const inputItem = z.looseObject({ type: text.nullish() })

export const messageItem = z.looseObject({
  type: z.literal('message').nullish(),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: inputContent,
})

export const functionCallItem = z.looseObject({
  type: z.enum(['function_call', 'custom_tool_call']),
  call_id: z.string().min(1),
  name: text,
  arguments: text.optional(),
  input: text.optional(),
})

export const callOutputItem = z.looseObject({
  type: z.enum(['function_call_output', 'custom_tool_call_output']),
  call_id: z.string().min(1),
  output: inputContent,
})

/** A call that the server has made in an earlier answer. */
export const serverCallItem = z.looseObject({
  type: z.literal('mcp_call'),
  id: text,
  name: text,
  arguments: text,
  output: text.nullish(),
  error: z.unknown().optional(),
})

/** The body of a response, without what is `null` in it. The items of `input` are checked one by one. */
export const responsesBody = z.looseObject({
  ...shared,
  background: z.boolean().optional(),
  conversation: z.union([z.string().min(1), z.looseObject({ id: z.string().min(1) })]).optional(),
  include: z.array(text).optional(),
  input: z.union([text, z.array(inputItem)]).optional(),
  instructions: text.optional(),
  max_output_tokens: count.optional(),
  max_tool_calls: count.optional(),
  previous_response_id: z.string().min(1).optional(),
  reasoning: z.looseObject({ effort: text.nullish() }).optional(),
  stream_options: z.looseObject({ include_obfuscation: z.boolean().nullish() }).optional(),
  text: z
    .looseObject({
      format: z
        .discriminatedUnion('type', [
          z.looseObject({ type: z.literal('text') }),
          z.looseObject({ type: z.literal('json_object') }),
          z.looseObject({ type: z.literal('json_schema'), name: text, schema: record }),
        ])
        .nullish(),
      verbosity: text.nullish(),
    })
    .optional(),
  tools: z
    .array(z.looseObject({ type: text, name: toolName.nullish(), parameters: record.nullish() }))
    .max(MAX_TOOLS)
    .optional(),
  top_logprobs: z.int().min(0).optional(),
  truncation: z.enum(['auto', 'disabled']).optional(),
})

/** A checked {@link responsesBody}. */
export type ResponsesBody = z.output<typeof responsesBody>
