import type { Snapshot, StreamClient, StreamSession } from '@sluice/client'
import type { Streams } from '../server/streams.ts'
import { freshAnswer, inputFor, type RunningAnswer, type Turn } from './conversation.ts'
import { endingOf, terminalEventOf } from './ending.ts'
import { failureWords } from './failure-words.ts'
import { createKey } from './key.ts'
import type { Memory } from './memory.ts'

/** What a {@link Chat} works with. */
export interface ChatOptions {
  readonly client: StreamClient<Streams>
  readonly memory: Memory
  /** Called after each change, as often as there is one. */
  readonly onChange: () => void
}

/**
 * The conversation: its turns, and the session that follows the last answer while it runs. What it would need
 * after a reload is in the memory before it does anything that the reload could cut off.
 */
export class Chat {
  readonly #client: StreamClient<Streams>
  readonly #memory: Memory
  readonly #onChange: () => void
  #turns: readonly Turn[]
  #session: StreamSession | null = null
  #notice: string | null = null

  constructor({ client, memory, onChange }: ChatOptions) {
    this.#client = client
    this.#memory = memory
    this.#onChange = onChange
    this.#turns = memory.load()
  }

  get turns(): readonly Turn[] {
    return this.#turns
  }

  /** What is known of the answer that runs. */
  get live(): Snapshot | null {
    return this.#session?.snapshot ?? null
  }

  /** What could not be done, until something else is. */
  get notice(): string | null {
    return this.#notice
  }

  /** Goes on with the answer that was running when the page was left. */
  resume(): void {
    const running = this.#running
    if (running === undefined) return
    const session = this.#follow(running)
    if (running.isStopping && running.streamId !== null) void this.#stop(session)
  }

  ask(question: string): void {
    if (this.#running !== undefined) return
    const answer = freshAnswer(createKey())
    this.#change([...this.#turns, { question, answer }])
    this.#follow(answer)
  }

  /** Stops the generation, at the provider too. */
  stop(): void {
    const running = this.#running
    if (running === undefined || this.#session === null) return
    this.#changeAnswer({ ...running, isStopping: true })
    void this.#stop(this.#session)
  }

  /** Takes a failed answer up again where that is possible, else asks again. */
  retry(): void {
    const answer = this.#turns.at(-1)?.answer
    if (answer?.outcome !== 'failed') return
    const again = answer.interrupted ?? freshAnswer(createKey())
    this.#changeAnswer(again)
    this.#follow(again)
  }

  /** Forgets the conversation. Nobody could find an answer again that still runs, so it is stopped. */
  clear(): void {
    this.#session?.cancel().catch(() => {})
    this.#session = null
    this.#change([])
  }

  /** Keeps the text that has come so far: it is there at once after a reload, and if the server has forgotten it. */
  keep(): void {
    const running = this.#running
    const { live } = this
    if (running === undefined || live === null) return
    const { text, lastChunkId } = live
    this.#memory.save(this.#withAnswer({ ...running, text, lastChunkId }))
  }

  get #running(): RunningAnswer | undefined {
    const answer = this.#turns.at(-1)?.answer
    return answer?.outcome === 'running' ? answer : undefined
  }

  #follow({ key, streamId, text, lastChunkId }: RunningAnswer): StreamSession {
    const session =
      streamId === null
        ? this.#client.start('chat', inputFor(this.#turns), { idempotencyKey: key })
        : this.#client.attach('chat', streamId, lastChunkId > 0 ? { lastChunkId, text } : {})
    this.#session = session
    const unsubscribe = session.subscribe(() => this.#observe(session))
    void this.#settle(session).finally(unsubscribe)
    this.#onChange()
    return session
  }

  #observe(session: StreamSession): void {
    const running = this.#running
    if (session !== this.#session || running === undefined) return
    const { streamId } = session
    if (streamId !== running.streamId) this.#changeAnswer({ ...running, streamId })
    else this.#onChange()
  }

  async #settle(session: StreamSession): Promise<void> {
    const terminal = await terminalEventOf(session)
    const snapshot = await session.done
    const running = this.#running
    if (session !== this.#session || running === undefined) return
    this.#session = null
    this.#changeAnswer(endingOf(running, snapshot, terminal))
  }

  async #stop(session: StreamSession): Promise<void> {
    try {
      await session.cancel()
    } catch (error) {
      const running = this.#running
      if (session !== this.#session || running === undefined) return
      this.#changeAnswer({ ...running, isStopping: false })
      this.#notice = `Could not stop it. ${failureWords(error as Parameters<typeof failureWords>[0]).title}.`
      this.#onChange()
    }
  }

  #changeAnswer(answer: Turn['answer']): void {
    this.#change(this.#withAnswer(answer))
  }

  #withAnswer(answer: Turn['answer']): readonly Turn[] {
    return this.#turns.with(-1, { ...this.#turns.at(-1)!, answer })
  }

  #change(turns: readonly Turn[]): void {
    this.#turns = turns
    this.#notice = null
    this.#memory.save(turns)
    this.#onChange()
  }
}
