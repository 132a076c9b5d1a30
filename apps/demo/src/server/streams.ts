import { type Part, StreamingError } from '@sluice/core'
import { defineStream, type RunContext } from '@sluice/core/server'
import { type ChatInput, chatInput } from '../shared/api.ts'
import { endOf } from './chat/answer-end.ts'
import { historyTo } from './chat/history.ts'
import { answerWithTools } from './chat/tool-loop.ts'
import { providerFor } from './lab/provider-faults.ts'
import type { Runs } from './lab/runs.ts'
import type { ModelSource } from './model-source.ts'
import type { Budget } from './operations/budget.ts'
import type { Store } from './store/store.ts'

/** The parts of the demo's streams. */
export interface ChatOptions {
  readonly source: ModelSource
  readonly store: Store
  /** Told how runs fare, for those who watch. */
  readonly runs: Runs
  /** Pays for the answers. */
  readonly budget: Budget
}

/** What the request of a start tells beside its input. It is gone if another instance begins the answer anew. */
export interface ChatContext {
  /** The visitor's network. */
  readonly network: string
}

/** The streams of the demo: one, `chat`, that answers a question of a conversation. */
export function chatStreams({ source, store, runs, budget }: ChatOptions) {
  const chat = defineStream({
    input: chatInput,
    timestamps: true,
    timeouts: source.timeouts,
    // An attempt that breaks off in the middle is void, and asked for again: the whole answer, or none.
    retry: { maxRetries: 2, afterFirstChunk: 'restart' },
    onProducerLost: 'restart',
    run: (context: RunContext<ChatInput, ChatContext | undefined>) => answer(context),
    onEnd: (end) => void store.answers.end(endOf(end)),
  })
  return { chat }

  async function* answer({
    input,
    context,
    owner = '',
    streamId,
    attempt,
    restarts,
    signal,
  }: RunContext<ChatInput, ChatContext | undefined>): AsyncGenerator<Part> {
    runs.attempted(streamId)
    const { client } = providerFor(source, store.lab.get(owner).settings.provider, attempt)
    const { conversationId, turnId, answerId, lane } = input
    const model = modelOf(input.model)
    const isRestart = restarts > 0
    const answer = { owner, conversationId, turnId, answerId, lane, model, streamId, isRestart }
    // In the same turn of the event loop in which the stream is made: a client that has its id finds the answer too.
    store.answers.begin(answer)

    const messages = historyTo(store, conversationId, turnId)
    const payer = { visitor: owner, network: context?.network }
    const pay = (question: string) => budget.pay(payer, question)
    for await (const part of answerWithTools({ client, model, messages, signal, pay })) {
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
