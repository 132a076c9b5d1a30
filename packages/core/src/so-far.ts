/** How {@link openaiSoFar} and its siblings ask a model to go on. */
export interface SoFarOptions {
  /**
   * Whether the last message is the assistant's, which a model that supports it goes on with, character by character
   * ("prefill": vLLM with `continue_final_message`, DeepSeek and Mistral with `prefix`, many open models, older ones of
   * Anthropic). Otherwise a user's message follows that asks the model to go on. @default false
   */
  readonly prefill?: boolean
  /** The text of that message. @default {@link CONTINUE_INSTRUCTION} */
  readonly instruction?: string
}

/** The part of `RunContext.soFar` that the helpers use. */
export interface TextSoFar {
  readonly text: string
}

/** A message whose content is text: of OpenAI, Anthropic and the AI SDK. */
export interface TextMessage {
  readonly role: 'assistant' | 'user'
  readonly content: string
}

/** A message of Gemini. */
export interface GeminiContent {
  readonly role: 'model' | 'user'
  readonly parts: { readonly text: string }[]
}

/** Asks a model to go on with an answer that broke off. */
export const CONTINUE_INSTRUCTION =
  'Your answer broke off. Go on exactly where it ended, in the middle of a word if need be. Repeat nothing of it, and say nothing about the interruption.'

/**
 * The answer so far, as messages of OpenAI's Chat Completions (or items of the Responses API), to be
 * put after the conversation's. None if it has said nothing.
 *
 * Only text is handed over: providers take no reasoning back, and calls of tools need their results, which only the
 * application knows.
 *
 * @example
 * retry: { afterFirstChunk: 'continue' },
 * run: ({ input, signal, soFar }) =>
 *   openaiChat(openai, { model: 'gpt-5-mini', messages: [...input.messages, ...openaiSoFar(soFar)] }, { signal })
 */
export function openaiSoFar(soFar: TextSoFar, options: SoFarOptions = {}): TextMessage[] {
  if (soFar.text === '') return []
  const said: TextMessage = { role: 'assistant', content: soFar.text }
  return options.prefill ? [said] : [said, { role: 'user', content: instructionOf(options) }]
}

/**
 * As {@link openaiSoFar}, for Anthropic's Messages. Its API refuses text that ends with white space as the last message
 * (https://docs.anthropic.com/en/docs/build-with-claude/prefill-claudes-response), so with `prefill` that is left off.
 */
export function anthropicSoFar({ text }: TextSoFar, options: SoFarOptions = {}): TextMessage[] {
  return openaiSoFar({ text: options.prefill ? text.trimEnd() : text }, options)
}

/** As {@link openaiSoFar}, as `contents` of Gemini. */
export function geminiSoFar(soFar: TextSoFar, options: SoFarOptions = {}): GeminiContent[] {
  return openaiSoFar(soFar, options).map(({ role, content }) => ({
    role: role === 'assistant' ? 'model' : 'user',
    parts: [{ text: content }],
  }))
}

/** As {@link openaiSoFar}, as `ModelMessage`s of the AI SDK. */
export function aiSdkSoFar(soFar: TextSoFar, options: SoFarOptions = {}): TextMessage[] {
  return openaiSoFar(soFar, options)
}

function instructionOf({ instruction = CONTINUE_INSTRUCTION }: SoFarOptions): string {
  return instruction
}
