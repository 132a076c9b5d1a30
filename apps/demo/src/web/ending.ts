import type { Snapshot } from '@sluice/client'
import { isTerminal, type StreamEvent, type TerminalEvent } from '@sluice/core'
import type { Answer, Facts, RunningAnswer } from './conversation.ts'
import { failureWords } from './failure-words.ts'

/**
 * What is kept of an answer whose session has ended.
 *
 * @param terminal - the event that ended the stream, if it came. Without one an error is this page's own view of
 * things, and where another try may mend it, the answer is taken up again rather than begun anew.
 */
export function endingOf(
  running: RunningAnswer,
  snapshot: Snapshot,
  terminal: TerminalEvent | undefined,
): Answer {
  const { state, text, error, lastChunkId, streamId } = snapshot
  if (state === 'completed') return { outcome: 'completed', text, facts: factsOf(snapshot, terminal) }
  if (error === null) return { outcome: 'stopped', text }
  const isInterrupted = terminal === undefined && error.recoverable
  const interrupted = isInterrupted ? { ...running, text, lastChunkId, streamId } : null
  return { outcome: 'failed', text, failure: failureWords(error), interrupted }
}

/** The last event of a stream, if it comes before the session gives up. */
export async function terminalEventOf(
  events: AsyncIterable<StreamEvent>,
): Promise<TerminalEvent | undefined> {
  let terminal: TerminalEvent | undefined
  try {
    for await (const event of events) {
      if (isTerminal(event)) terminal = event
    }
  } catch {
    // The snapshot has the error too.
  }
  return terminal
}

function factsOf(snapshot: Snapshot, terminal: TerminalEvent | undefined): Facts {
  const { finishReason, usage, reconnects } = snapshot
  const complete = terminal?.type === 'stream_complete' ? terminal : undefined
  return {
    finishReason: finishReason ?? 'stop',
    outputTokens: usage?.output_tokens ?? null,
    firstWordMs: complete?.ttft_ms ?? null,
    durationMs: complete?.duration_ms ?? null,
    reconnects,
  }
}
