import { randomBytes } from 'node:crypto'
import { createParser } from 'eventsource-parser'

/** An event as a viewer sees it. */
export interface Seen {
  readonly id: number
  readonly type: string
  readonly content?: string
  readonly context?: { readonly restarted_as?: string }
}

/** Reads one stream as any client does, and keeps what it has seen. It checks that chunk_ids have no gap and no repeat. */
export class RawViewer {
  readonly events: Seen[] = []
  /** The events as they came. */
  readonly texts: string[] = []
  streamId: string | undefined
  readonly key: string
  #awaited: { readonly chunkId: number; readonly resolve: () => void } | undefined

  constructor(key = randomBytes(16).toString('base64url')) {
    this.key = key
  }

  get last(): number {
    return this.events.at(-1)?.id ?? 0
  }

  get text(): string {
    return this.events.map(({ content = '' }) => content).join('')
  }

  get ended(): boolean {
    return this.events.at(-1)?.type.startsWith('stream_') === true && this.last > 1
  }

  /** Starts a stream and reads it, until it ends or the server dies. */
  async start(url: string, stream: string, input: object): Promise<void> {
    await this.#read(
      fetch(`${url}/streams/${stream}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': this.key },
        body: JSON.stringify(input),
      }),
    )
  }

  /** Resolves when it has seen this event. */
  reaches(chunkId: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.last >= chunkId) resolve()
      else this.#awaited = { chunkId, resolve }
    })
  }

  /** Goes on after the last event. */
  async resume(url: string, stream: string): Promise<number> {
    return this.#read(
      fetch(`${url}/streams/${stream}/${this.streamId}`, {
        headers: this.last === 0 ? {} : { 'last-event-id': `${this.last}` },
      }),
    )
  }

  /** Answers with the status; 0: there was no answer. */
  async #read(answering: Promise<Response>): Promise<number> {
    let status = 0
    try {
      const response = await answering
      status = response.status
      this.streamId ??= response.headers.get('stream-id') ?? undefined
      const parser = createParser({ onEvent: ({ id, data }) => this.#see(Number(id), data) })
      const decoder = new TextDecoder()
      for await (const bytes of response.body ?? []) parser.feed(decoder.decode(bytes, { stream: true }))
    } catch {
      // The server is dead.
    }
    return status
  }

  #see(id: number, data: string): void {
    if (id !== this.last + 1) throw new Error(`Chunk ${id} came after ${this.last}.`)
    this.events.push({ ...(JSON.parse(data) as object), id } as Seen)
    this.texts.push(data)
    if (this.#awaited !== undefined && id >= this.#awaited.chunkId) this.#awaited.resolve()
  }
}
