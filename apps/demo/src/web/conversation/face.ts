import type { Snapshot } from '@sluice/client'
import type { Answer } from '../../shared/api.ts'
import { type Failure, failureWords } from './failure-words.ts'

/** A tool that the model called; `result` is `null` until it has answered. */
export interface ToolUse {
  readonly name: string
  readonly arguments: string
  readonly result: string | null
}

/** An answer as it is shown, wherever it comes from. */
export interface Face {
  readonly outcome: 'running' | 'completed' | 'stopped' | 'failed'
  readonly text: string
  readonly reasoning: string
  readonly tools: readonly ToolUse[]
  readonly failure: Failure | null
  /** Facts about the answer, in a few words each. */
  readonly facts: readonly string[]
}

const OUTCOMES = {
  running: 'running',
  completed: 'completed',
  cancelled: 'stopped',
  failed: 'failed',
} as const

/** An answer that the server has whole. `seen` is what this page saw of its end, if it did. */
export function storedFace(answer: Answer, seen: Snapshot | undefined): Face {
  const { state, text, reasoning, toolCalls, error } = answer
  return {
    outcome: OUTCOMES[state],
    text,
    reasoning,
    tools: toolCalls.map(({ name, result, arguments: given }) => ({
      name: name ?? '',
      arguments: given,
      result,
    })),
    failure:
      error &&
      failureWords({
        ...error,
        retryAfterMs: error.retryAfter === null ? undefined : error.retryAfter * 1000,
      }),
    facts: factsOf(answer, seen?.reconnects ?? 0),
  }
}

/** An answer that this page follows, or has followed to its end. */
export function liveFace(snapshot: Snapshot): Face {
  const { text, reasoning, toolCalls, error, ended, detached } = snapshot
  return {
    outcome: outcomeOf(snapshot),
    text,
    reasoning,
    tools: toolCalls.map(({ name, result, arguments: given }) => ({
      name: name ?? '',
      arguments: given,
      result: result === undefined ? null : JSON.stringify(result.output),
    })),
    failure: error && failureWords(error),
    facts: ended && !detached ? reconnectFacts(snapshot.reconnects) : [],
  }
}

function outcomeOf({ ended, detached, state, error }: Snapshot): Face['outcome'] {
  if (!ended || detached) return 'running'
  if (error !== null) return 'failed'
  return state === 'completed' ? 'completed' : 'stopped'
}

function factsOf(
  { state, finishReason, outputTokens, durationMs, ttftMs }: Answer,
  reconnects: number,
): string[] {
  if (state === 'cancelled') return ['Stopped by you', ...reconnectFacts(reconnects)]
  if (state === 'failed') return reconnectFacts(reconnects)
  return [
    finishReason === 'length' && 'cut at the model’s limit',
    outputTokens !== null && `${outputTokens.toLocaleString('en')} tokens`,
    durationMs !== null && `${(durationMs / 1000).toFixed(1)} s`,
    ttftMs !== null && `first word after ${Math.round(ttftMs)} ms`,
    ...reconnectFacts(reconnects),
  ].filter((words) => words !== false)
}

function reconnectFacts(reconnects: number): string[] {
  if (reconnects === 0) return []
  return [`reconnected ${reconnects === 1 ? 'once' : `${reconnects} times`}, nothing lost`]
}
