import { setTimeout as pause } from 'node:timers/promises'
import { StreamingError } from '@sluice/core'
import type { Hub } from '@sluice/core/server'
import type { AnswerError } from '../../shared/api.ts'
import type { Answers } from '../store/answers.ts'
import { readEnd } from './answer-end.ts'

const LOST: AnswerError = {
  type: 'producer_lost',
  message: 'The server that wrote this answer is gone, and what it had written with it.',
  recoverable: true,
  retryAfter: null,
}

/** How long a reader of a conversation waits for a Redis that does not answer, in milliseconds. */
const PATIENCE_MS = 500

/**
 * Stores the end of answers that say that they run, and do not: the server that ran them died before it could. If
 * their log is shared, it has the end, or the id of the stream that continues the answer; else the answers are stored
 * as lost. Called before answers are shown, so no background task is needed.
 */
export async function settle(answers: Answers, hub: Hub, owner: string): Promise<void> {
  const open = answers.open(owner)
  const settled = Promise.all(open.map(({ streamId }) => settleOne(answers, hub, streamId)))
  // Nobody waits for an error after that: the next reader tries again.
  settled.catch(() => {})
  await Promise.race([settled, pause(PATIENCE_MS, undefined, { ref: false })])
}

async function settleOne(answers: Answers, hub: Hub, streamId: string): Promise<void> {
  try {
    const handle = await hub.find({ streamId, authorize: () => true })
    if (!handle.ended) return
    const end = await readEnd(handle)
    if (end?.restartedAs !== undefined) answers.movedTo(streamId, end.restartedAs)
    else if (end !== undefined) answers.end(end)
  } catch (error) {
    if (!(error instanceof StreamingError)) throw error
    // Anything else, Redis that is away for instance, passes: it runs, as far as is known.
    if (error.type === 'not_found' || error.type === 'resume_expired') answers.lost(streamId, LOST)
  }
}
