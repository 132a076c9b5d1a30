import type { InputOf } from '@sluice/core'
import type { Streams } from '../server/streams.ts'

/** A question and what came of it. */
export interface Turn {
  readonly question: string
  readonly answer: Answer
}

/** What of an answer outlives the page: enough to go on with it, or to show it again. */
export type Answer = RunningAnswer | CompletedAnswer | StoppedAnswer | FailedAnswer

/** An answer that is being generated, as far as this page knows. */
export interface RunningAnswer {
  readonly outcome: 'running'
  /** The idempotency key of the start. With it the same start can be asked for again. */
  readonly key: string
  /** `null` until the server has named the stream. */
  readonly streamId: string | null
  /** The text when it was last kept, and the cursor that belongs to it. */
  readonly text: string
  readonly lastChunkId: number
  /** Stop was pressed, and not yet confirmed. */
  readonly isStopping: boolean
}

export interface CompletedAnswer {
  readonly outcome: 'completed'
  readonly text: string
  readonly facts: Facts
}

export interface StoppedAnswer {
  readonly outcome: 'stopped'
  readonly text: string
}

export interface FailedAnswer {
  readonly outcome: 'failed'
  readonly text: string
  readonly failure: Failure
  /** Where it is only this page that gave up: the answer may well go on. */
  readonly interrupted: RunningAnswer | null
}

/** What went wrong, for people. */
export interface Failure {
  readonly title: string
  readonly detail: string
}

/** What is worth knowing of an answer that is complete. */
export interface Facts {
  /** `stop`, `length`, … */
  readonly finishReason: string
  readonly outputTokens: number | null
  readonly firstWordMs: number | null
  readonly durationMs: number | null
  /** How often the connection was lost and found again. */
  readonly reconnects: number
}

type Input = InputOf<Streams['chat']>

/** How far back the model is told what was said, and how much of each message: the server has limits. */
const MAX_TURNS = 50
const MAX_MESSAGE_LENGTH = 100_000

/** An answer that has not begun. */
export function freshAnswer(key: string): RunningAnswer {
  return { outcome: 'running', key, streamId: null, text: '', lastChunkId: 0, isStopping: false }
}

/** What the server is asked: the conversation, up to and with the last question. The same for the same turns. */
export function inputFor(turns: readonly Turn[]): Input {
  const recent = turns.slice(-MAX_TURNS)
  const messages = recent.flatMap(({ question, answer }, index) => [
    { role: 'user' as const, content: question },
    ...(index === recent.length - 1 || answer.text === ''
      ? []
      : [{ role: 'assistant' as const, content: answer.text.slice(0, MAX_MESSAGE_LENGTH) }]),
  ])
  return { messages }
}
