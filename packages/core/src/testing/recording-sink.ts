import { Buffer } from 'node:buffer'
import type { StreamEvent } from '../events.ts'
import type { DetachReason, Framing, Sink, Viewer, ViewerOptions } from '../server/delivery/viewer.ts'

/** Frames events as lines of JSON. One function for all sinks, so that viewers at the same place share a frame. */
export const jsonLines: Framing = (range) => {
  const { first, last, byteLength } = range
  const frame = Buffer.alloc(byteLength + last - first + 1, '\n')
  range.copyEach(frame, 0, (chunkId, at) => (chunkId === first ? at : at + 1))
  return frame
}

interface Wait {
  readonly chunkId: number
  resolve(): void
  reject(error: Error): void
}

/** See {@link recordingSink}. */
export class RecordingSink implements Sink {
  /** The events that were written, parsed. */
  readonly events: StreamEvent[] = []
  /** The events that were written, as JSON text. */
  readonly json: string[] = []
  /** The frames that were written. */
  readonly frames: Uint8Array[] = []
  /** Resolves when the viewer is disconnected, with the reason. */
  readonly ended: Promise<DetachReason>
  /** How many more frames it takes until it says that it has enough. @default Infinity */
  room = Number.POSITIVE_INFINITY
  readonly #waits = new Set<Wait>()
  #end!: (reason: DetachReason) => void
  #reason: DetachReason | undefined
  #viewer: Viewer | undefined

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  /** Attaches a viewer that writes here; its frames are lines of JSON. Reads from the start unless told otherwise. */
  watch(
    stream: { attach(options: ViewerOptions): Viewer },
    options: Partial<Omit<ViewerOptions, 'sink'>> = {},
  ): Viewer {
    this.#viewer = stream.attach({ after: 0, framing: jsonLines, ...options, sink: this })
    return this.#viewer
  }

  /** The viewer that writes here, once {@link RecordingSink.watch} has made one. */
  get viewer(): Viewer {
    if (this.#viewer === undefined) throw new Error('RecordingSink: nothing writes here yet; call watch().')
    return this.#viewer
  }

  /** The last chunk_id that was written; 0 when there is none. */
  get last(): number {
    return this.events.at(-1)?.chunk_id ?? 0
  }

  /** Why the viewer was disconnected; `undefined` while it has not been. */
  get reason(): DetachReason | undefined {
    return this.#reason
  }

  /** The answer's text as a client shows it: without what a `stream_retry` made void. */
  get text(): string {
    let pieces: { readonly chunkId: number; readonly content: string }[] = []
    for (const event of this.events) {
      if (event.type === 'content_chunk') pieces.push({ chunkId: event.chunk_id, content: event.content })
      if (event.type === 'stream_retry') pieces = pieces.filter(({ chunkId }) => chunkId <= event.keep_until)
    }
    return pieces.map(({ content }) => content).join('')
  }

  /** The types of what was written, in order. */
  get types(): StreamEvent['type'][] {
    return this.events.map(({ type }) => type)
  }

  /** Resolves when the event with this chunk_id has been written; rejects if the viewer is disconnected before. */
  received(chunkId: number): Promise<void> {
    if (this.last >= chunkId) return Promise.resolve()
    if (this.#reason !== undefined) return Promise.reject(this.#notReceived(chunkId))
    return new Promise((resolve, reject) => this.#waits.add({ chunkId, resolve, reject }))
  }

  /** Takes `frames` more frames from now on, and says so to the viewer. */
  drain(frames = Number.POSITIVE_INFINITY): void {
    this.room = frames
    this.viewer.ready()
  }

  write(frame: Uint8Array): boolean {
    if (this.#reason !== undefined)
      throw new Error(`RecordingSink: written to after its end (${this.#reason}).`)
    this.frames.push(frame)
    for (const line of Buffer.from(frame).toString().split('\n').slice(0, -1)) {
      this.json.push(line)
      this.events.push(JSON.parse(line))
    }
    for (const wait of this.#waits) {
      if (wait.chunkId > this.last) continue
      this.#waits.delete(wait)
      wait.resolve()
    }
    this.room -= 1
    return this.room > 0
  }

  end(reason: DetachReason): void {
    if (this.#reason !== undefined)
      throw new Error(`RecordingSink: ended twice (${this.#reason}, ${reason}).`)
    this.#reason = reason
    this.#end(reason)
    for (const wait of this.#waits) wait.reject(this.#notReceived(wait.chunkId))
    this.#waits.clear()
  }

  #notReceived(chunkId: number): Error {
    return new Error(
      `RecordingSink: disconnected (${this.#reason}) at chunk ${this.last}, before chunk ${chunkId}.`,
    )
  }
}

/**
 * A transport's side of a viewer that records what it is given, and is full when a test says so.
 *
 * @example
 * const sink = recordingSink()
 * sink.watch(await hub.start({ stream: 'chat', input }))
 * await sink.ended
 * assert.equal(sink.text, 'Hello')
 */
export function recordingSink(options: { readonly room?: number } = {}): RecordingSink {
  const sink = new RecordingSink()
  if (options.room !== undefined) sink.room = options.room
  return sink
}
