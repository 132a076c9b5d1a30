import type { Answer } from '../../shared/api.ts'
import type { ChatMessage } from '../state/chat-messages.ts'
import { keptText } from '../state/kept-texts.ts'
import { reconnectsOf } from '../state/live-answers.ts'
import { type Failure, failureWords } from './failure-words.ts'

/** A tool that the model called; `result` is `null` until it has answered. */
export interface ToolUse {
  readonly name: string
  readonly arguments: string
  readonly result: string | null
}

/** An answer as it is shown. */
export interface Face {
  readonly outcome: 'running' | 'completed' | 'stopped' | 'failed'
  readonly text: string
  readonly reasoning: string
  readonly tools: readonly ToolUse[]
  readonly failure: Failure | null
  /** Facts about the answer, in a few words each. */
  readonly facts: readonly string[]
}

/** Errors that say nothing of what the server had sent before. */
const LOST: readonly (string | undefined)[] = [
  'connection_lost',
  'not_found',
  'producer_lost',
  'resume_expired',
]

/** Nothing has come yet. */
export const WAITING: Face = {
  outcome: 'running',
  text: '',
  reasoning: '',
  tools: [],
  failure: null,
  facts: [],
}

/** The face of a message; `stored` is the answer as the server has it, if it does. */
export function faceOf(message: ChatMessage, stored: Answer | undefined): Face {
  const { id, parts, error } = message
  const outcome = outcomeOf(message)
  const reasoning = parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join('')
  // After a reload the stream comes from its beginning, and may need a moment to reach the text that the page had. It may
  // not come at all, and then this page has more of the answer than any server.
  const kept = outcome === 'running' || LOST.includes(error?.type) ? keptText(id) : undefined
  const shown = kept?.text.startsWith(message.text) ? kept : { text: message.text, reasoning }
  return {
    outcome,
    ...shown,
    tools: parts.flatMap((part) => {
      if (part.type !== 'tool_call') return []
      const { name, result, arguments: given } = part
      const output = result === undefined ? null : JSON.stringify(result.output)
      return [{ name: name ?? '', arguments: given, result: output }]
    }),
    failure: error && failureWords(error, shown.text !== ''),
    facts: outcome === 'running' ? [] : factsOf(outcome, stored, reconnectsOf(id)),
  }
}

function outcomeOf({ status }: ChatMessage): Face['outcome'] {
  if (status === 'done') return 'completed'
  return status === 'stopped' || status === 'failed' ? status : 'running'
}

function factsOf(outcome: Face['outcome'], stored: Answer | undefined, reconnects: number): string[] {
  const reconnected = reconnectFacts(reconnects)
  if (outcome === 'stopped') return ['Stopped by you', ...reconnected]
  if (outcome === 'failed' || stored === undefined) return reconnected
  const { finishReason, outputTokens, durationMs, ttftMs } = stored
  return [
    finishReason === 'length' && 'cut at the model’s limit',
    outputTokens !== null && `${outputTokens.toLocaleString('en')} tokens`,
    durationMs !== null && `${(durationMs / 1000).toFixed(1)} s`,
    ttftMs !== null && `first word after ${Math.round(ttftMs)} ms`,
    ...reconnected,
  ].filter((words) => words !== false)
}

function reconnectFacts(reconnects: number): string[] {
  if (reconnects === 0) return []
  return [`reconnected ${reconnects === 1 ? 'once' : `${reconnects} times`}, nothing lost`]
}
