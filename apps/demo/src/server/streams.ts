import { StreamingError } from '@sluice/core'
import { defineStream, type RunContext } from '@sluice/core/server'
import { type ChatInput, chatInput } from '../shared/api.ts'
import { endOf } from './chat/answer-end.ts'
import { historyTo } from './chat/history.ts'
import { type AnswerPart, answerWithTools } from './chat/tool-loop.ts'
import { providerFor } from './lab/provider-faults.ts'
import type { Runs } from './lab/runs.ts'
import type { ModelSource } from './model-source.ts'
import type { Store } from './store/store.ts'

/** The parts of the demo's streams. */
export interface ChatOptions {
  readonly source: ModelSource
  readonly store: Store
  /** Told how runs fare, for those who watch. */
  readonly runs: Runs
  /** Stops a stream whose answer is replaced. */
  readonly stop: (streamId: string) => void
}

/** The streams of the demo: one, `chat`, that answers a question of a conversation. */
export function chatStreams({ source, store, runs, stop }: ChatOptions) {
  /** The results of tools in answers that run here, by stream. */
  const toolResults = new Map<string, Map<number, string>>()

  const chat = defineStream({
    input: chatInput,
    timestamps: true,
    timeouts: source.timeouts,
    // An attempt that breaks off in the middle is void, and asked for again: the whole answer, or none.
    retry: { maxRetries: 2, afterFirstChunk: 'restart' },
    onProducerLost: 'restart',
    run: (context) => answer(context),
    onEnd(end) {
      store.answers.end(endOf(end, toolResults.get(end.streamId) ?? new Map()))
      toolResults.delete(end.streamId)
    },
  })
  return { chat }

  async function* answer({
    input,
    owner = '',
    streamId,
    attempt,
    restarts,
    signal,
  }: RunContext<ChatInput>): AsyncGenerator<AnswerPart> {
    runs.attempted(streamId)
    const { client } = providerFor(source, store.lab.get(owner).settings.provider, attempt)
    const { conversationId, turnId, answerId, replaces } = input
    const model = modelOf(input.model)
    const isRestart = restarts > 0
    const answer = { owner, conversationId, turnId, answerId, replaces, model, streamId, isRestart }
    // In the same turn of the event loop in which the stream is made: a client that has its id finds the answer too.
    const stopped = store.answers.begin(answer)
    if (stopped !== undefined) stop(stopped)

    const results = new Map<number, string>()
    toolResults.set(streamId, results)
    const messages = historyTo(store, conversationId, turnId)
    for await (const part of answerWithTools({ client, model, messages, signal })) {
      if (part.type === 'data') results.set(part.data.index, part.data.result)
      runs.spoke(streamId)
      yield part
    }
  }

  function modelOf(asked: string | undefined): string {
    const ids = source.models.map(({ id }) => id)
    if (asked === undefined) return ids[0]!
    if (ids.includes(asked)) return asked
    throw new StreamingError(
      'invalid_request',
      `There is no model '${asked}' here; there is: ${ids.join(', ')}.`,
    )
  }
}

/** The types of the page's client. */
export type Streams = ReturnType<typeof chatStreams>
