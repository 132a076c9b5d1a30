import type { Piece } from './plan.ts'
import { countTokens } from './tokens.ts'

/** Counts what a model has said. */
export class TokenCount {
  /** Everything, reasoning included. */
  all = 0
  /** Reasoning alone. */
  reasoning = 0

  /** Adds a piece that was said. */
  add({ tokens, segment }: Piece): void {
    this.all += tokens
    if (segment.kind === 'reasoning') this.reasoning += tokens
  }
}

/** A message as far as its tokens are concerned. */
export interface CountedMessage {
  /** The role of its author. */
  readonly role: string
  /** The text of the message. */
  readonly text: string
}

/**
 * The tokens of a prompt as OpenAI counts them: each message costs three besides its role and text, and the
 * answer is primed with three more.
 */
export function promptTokens(messages: readonly CountedMessage[]): number {
  return messages.reduce((sum, { role, text }) => sum + 3 + countTokens(role) + countTokens(text), 3)
}
