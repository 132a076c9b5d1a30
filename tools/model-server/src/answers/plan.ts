import { type Token, tokenize } from './tokens.ts'

/** A call of a tool that the model makes. */
export interface ToolCall {
  /** The tool's name. */
  readonly name: string
  /** Its arguments as JSON text. */
  readonly arguments: string
}

/** Why an answer ends. `error` and `failed` end it without a last word. */
export type Finish = 'stop' | 'length' | 'content_filter' | 'tool_calls' | 'error' | 'failed'

/** The kind of a part of an answer. */
export type SegmentKind = 'reasoning' | 'text' | 'refusal' | 'tool_call'

/** A run of tokens of one kind. */
export interface Segment {
  /** The kind of its tokens. */
  readonly kind: SegmentKind
  /** The content: text, or the arguments of a call. */
  readonly text: string
  /** The tool's name, for a call. */
  readonly toolName?: string
}

/** Everything that the model will say to one request, and how it ends. */
export interface Plan {
  /** The parts of the answer, in this order. */
  readonly segments: readonly Segment[]
  /** Why it ends. */
  readonly finish: Finish
  /** The most tokens that are said; the plan is cut there. */
  readonly maxTokens: number
}

/** One token of a plan. */
export interface Piece {
  /** The token. */
  readonly token: Token
  /** How many of the model's tokens it is, as `paced` wants to know it. */
  readonly tokens: number
  /** The segment it belongs to. */
  readonly segment: Segment
  /** The place of that segment in the plan. */
  readonly segmentIndex: number
}

/** Goes through a plan token by token, until it is said or cut. */
export function* pieces(plan: Plan): Generator<Piece, void, void> {
  let said = 0
  for (const [segmentIndex, segment] of plan.segments.entries()) {
    for (const token of tokenize(segment.text)) {
      if (said >= plan.maxTokens) return
      said += token.count
      yield { token, tokens: token.count, segment, segmentIndex }
    }
  }
}

/** How many tokens a plan would say if it were not cut. */
export function plannedTokens(plan: Pick<Plan, 'segments'>): number {
  let tokens = 0
  for (const { text } of plan.segments) for (const { count } of tokenize(text)) tokens += count
  return tokens
}

/** The plan, cut after this many tokens to end with `finish`. A shorter plan keeps its own end. */
export function limitedTo(plan: Plan, maxTokens: number | undefined, finish: Finish): Plan {
  if (maxTokens === undefined || plannedTokens(plan) <= maxTokens) return plan
  return { ...plan, maxTokens, finish }
}
