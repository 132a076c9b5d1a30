import { Buffer } from 'node:buffer'
import { type ErrorType, StreamingError } from '../../errors.ts'
import type { StreamEvent } from '../../events.ts'
import type { DetachReason, Framing, Sink, Viewer, ViewerOptions } from '../delivery/viewer.ts'

/** How a stream is read as an iterable, by `handle.read()`. */
export interface ReadOptions {
  /** The last `chunk_id` that is known already. @default 0: all events are read */
  readonly after?: number
  /** Ends the reading: the loop throws the signal's reason. The stream goes on. */
  readonly signal?: AbortSignal | undefined
  /**
   * How long the loop may take nothing while the log has more, in milliseconds, before it is disconnected.
   * @default 30_000
   */
  readonly stallMs?: number
}

/** Small, so that a loop that is slow, but takes events, is ready for the next frame within `stallMs`. */
const MAX_FRAME_BYTES = 16 * 1024
const TEXT = new TextDecoder()

/** One JSON array. One function for all readers, so that those at the same place share a frame. */
const jsonArray: Framing = (range) => {
  const bytes = Buffer.allocUnsafe(range.byteLength + range.last - range.first + 2)
  bytes[0] = 0x5b
  bytes[range.copy(bytes, 1)] = 0x5d
  return bytes
}

/** Why a reader was disconnected before the end, as an error. */
const ERRORS: Partial<Record<DetachReason, readonly [ErrorType, string]>> = {
  expired: ['resume_expired', 'The log no longer has the next event.'],
  lagging: ['flow_control_timeout', 'The log is full, and another viewer is ahead: this one was too slow.'],
  stalled: ['flow_control_timeout', 'No event was taken for longer than `stallMs`.'],
  shutting_down: ['shutting_down', 'The hub was closed.'],
  pressure: ['capacity', 'Memory is short, and this viewer held a frame that it did not take.'],
  failed: ['connection_lost', 'The log could not be read; the hub’s logger has the error.'],
}

/** The error of a reader that was disconnected for this reason; `undefined` if it has ended or left on its own. */
export function disconnection(reason: DetachReason): StreamingError | undefined {
  const error = ERRORS[reason]
  return error && new StreamingError(...error)
}

/** A sink that holds one frame until its loop takes it. */
class FrameSink implements Sink {
  #frame: Uint8Array | undefined
  #reason: DetachReason | undefined
  #wake = (): void => {}

  write(frame: Uint8Array): boolean {
    this.#frame = frame
    this.#wake()
    return false
  }

  unsentBytes(): number {
    return this.#frame?.length ?? 0
  }

  end(reason: DetachReason): void {
    this.#reason = reason
    this.#wake()
  }

  /**
   * The next frame; `undefined` after the last.
   * @throws {StreamingError} if the viewer was disconnected before the end.
   */
  async take(): Promise<Uint8Array | undefined> {
    if (this.#frame === undefined && this.#reason === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const frame = this.#frame
    this.#frame = undefined
    const error = frame === undefined ? disconnection(this.#reason!) : undefined
    if (error !== undefined) throw error
    return frame
  }
}

/** The events of a stream, from a viewer that `attach` makes when the first is asked for. */
export async function* readEvents(
  attach: (options: ViewerOptions) => Viewer,
  { after = 0, signal, stallMs }: ReadOptions,
): AsyncGenerator<StreamEvent, void, undefined> {
  signal?.throwIfAborted()
  const sink = new FrameSink()
  const stall = stallMs === undefined ? {} : { stallMs }
  const viewer = attach({ after, sink, framing: jsonArray, maxFrameBytes: MAX_FRAME_BYTES, ...stall })
  const leave = (): void => viewer.detach()
  signal?.addEventListener('abort', leave)
  try {
    for (let frame = await sink.take(); frame !== undefined; frame = await sink.take()) {
      for (const event of JSON.parse(TEXT.decode(frame)) as StreamEvent[]) {
        signal?.throwIfAborted()
        yield event
      }
      viewer.ready()
    }
    signal?.throwIfAborted()
  } finally {
    signal?.removeEventListener('abort', leave)
    viewer.detach()
  }
}
