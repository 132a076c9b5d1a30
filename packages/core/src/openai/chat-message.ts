import type { Fields } from '../provider/fields.ts'
import type { ChatToolCall } from './chat-calls.ts'
import type { ChatPart } from './chat-text.ts'

/** Puts the assistant's message together, as the next request has to repeat it. */
export class ChatMessage {
  #content = ''
  #reasoning = ''
  #refusal = ''
  #reasoningDetails: unknown[] = []

  /** Notes what a delta has brought. */
  add(delta: Fields, refusal: string | undefined, parts: readonly ChatPart[], from: number): void {
    for (let index = from; index < parts.length; index++) {
      const part = parts[index]!
      if (part.type === 'content') this.#content += part.content
      else if (part.type === 'reasoning') this.#reasoning += part.content
    }
    if (refusal !== undefined) this.#refusal += refusal
    // OpenRouter's, signatures of thinking among them.
    if (Array.isArray(delta.reasoning_details)) this.#reasoningDetails.push(...delta.reasoning_details)
  }

  /** The message, with these calls. */
  message(calls: readonly ChatToolCall[]): object {
    return {
      role: 'assistant',
      content: this.#content === '' ? null : this.#content,
      ...(this.#refusal !== '' && { refusal: this.#refusal }),
      ...(this.#reasoning !== '' && { reasoning_content: this.#reasoning }),
      ...(this.#reasoningDetails.length > 0 && { reasoning_details: this.#reasoningDetails }),
      ...(calls.length > 0 && { tool_calls: calls }),
    }
  }
}
