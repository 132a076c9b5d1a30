import type { Finish, Piece } from '../answers/plan.ts'

/** A part of a streamed response: what goes over the wire, and what it says. */
export interface Frame {
  /** Whole server-sent events. */
  readonly wire: string
  /** How many tokens it brings. */
  readonly tokens: number
  /** The part of the answer's text that it brings. */
  readonly text: string
}

/** Speaks one API's stream: turns what the model says into frames. It is asked in this order, once each. */
export interface Wire {
  /** The frames before the first token. */
  begin(): readonly Frame[]
  /** One token, and whatever has to come before it. */
  say(piece: Piece): readonly Frame[]
  /** The frames after the last token. */
  end(finish: Finish): readonly Frame[]
  /** An event of this API that breaks off in the middle of its JSON. */
  malformed(): string
}

/** A frame that brings no token. */
export function silent(wire: string): Frame {
  return { wire, tokens: 0, text: '' }
}
