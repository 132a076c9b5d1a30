import { CallNumbers } from '../../call-numbers.ts'
import { StreamingError } from '../../errors.ts'
import type { StreamEvent, StreamRetryEvent, WithoutChunkId } from '../../events.ts'
import type { ContentPart, FinishPart, Part, ReasoningPart } from '../../parts.ts'
import { Transcript } from '../../transcript.ts'
import type { Clock } from '../clock.ts'
import type { AnyStreamDefinition } from '../definition/define-stream.ts'
import type { LogWriter } from '../log/log.ts'
import type { Meter } from '../telemetry/metrics.ts'
import { Coalescer, type TextEventType } from './coalescer.ts'
import { encodeEvent, encodeText, fitsOneEvent, splitText } from './encode.ts'
import { eventOfPart, type UnnumberedEvent, unknownPart, wrongField } from './part-events.ts'

const MAX_EVENT_BYTES = 256 * 1024
/** Of all runs of which nobody is told. */
const EMPTY = new Transcript()

function* cut(part: ContentPart | ReasoningPart, maxBytes: number): Generator<ContentPart | ReasoningPart> {
  for (const content of splitText(part.content, maxBytes)) yield { type: part.type, content }
}

/** Makes events of a source's parts, within the bound of an event, and keeps count. */
export class PartWriter {
  readonly #log: LogWriter
  readonly #maxEventBytes: number
  readonly #coalescer: Coalescer | undefined
  readonly #meter: Meter
  /** The `at` of each event, if the definition wants it. */
  readonly #stamp: (() => number) | undefined
  /** The content of the events in the log, if `onEnd` or a continued attempt uses it. */
  readonly #transcript: Transcript | undefined
  /** Made for the first call: most answers have none. */
  #callNumbers: CallNumbers | undefined
  #totalChunks = 0

  constructor(
    log: LogWriter,
    definition: AnyStreamDefinition,
    clock: Clock,
    meter: Meter,
    stamp: (() => number) | undefined,
  ) {
    this.#stamp = stamp
    this.#log = log
    this.#maxEventBytes = definition.maxEventBytes ?? MAX_EVENT_BYTES
    const isWanted = definition.onEnd !== undefined || definition.retry?.afterFirstChunk === 'continue'
    this.#transcript = isWanted ? new Transcript() : undefined
    this.#meter = meter
    this.#coalescer =
      definition.coalesce &&
      new Coalescer(definition.coalesce, clock, (type, text) => this.#appendText(type, text))
  }

  /** The answer so far. It is empty if nobody is told. */
  get transcript(): Transcript {
    return this.#transcript ?? EMPTY
  }

  /** How many events the log was given that bring a part of the answer. */
  get totalChunks(): number {
    return this.#totalChunks
  }

  /**
   * The parts that text which is too large for one event is cut into: between them a run may have to wait. `undefined`:
   * it is one event, as nearly all are.
   */
  pieces(part: Exclude<Part, FinishPart>): Iterable<Exclude<Part, FinishPart>> | undefined {
    if (typeof part === 'string') {
      return fitsOneEvent(part, this.#maxEventBytes) ? undefined : splitText(part, this.#maxEventBytes)
    }
    const isText = part?.type === 'content' || part?.type === 'reasoning'
    return !isText || fitsOneEvent(part.content, this.#maxEventBytes)
      ? undefined
      : cut(part, this.#maxEventBytes)
  }

  /** @throws {StreamingError} if the source yielded something that is no part, or is larger than an event may be. */
  write(part: Exclude<Part, FinishPart>): void {
    if (typeof part === 'string') this.#writeText('content_chunk', part)
    else if (part?.type === 'content') this.#writeText('content_chunk', part.content)
    else if (part?.type === 'reasoning') this.#writeText('reasoning_chunk', part.content)
    else this.#writeOther(part)
  }

  /** The source has finished a round: it numbers the tool calls of the next one anew. */
  endRound(): void {
    this.#callNumbers?.endRound()
  }

  /** Appends what waits to be joined with more: something follows that must come after it. */
  flush(): void {
    this.#coalescer?.flush()
  }

  /** Appends a retry. The events after its `keep_until` are void, and so is text that waits to be joined with more. */
  retry(event: WithoutChunkId<StreamRetryEvent>): void {
    this.#coalescer?.restart()
    const chunkId = this.#log.next
    if (event.keep_until < chunkId - 1) this.#callNumbers?.restart()
    else this.#callNumbers?.endRound()
    this.#log.append(encodeEvent(chunkId, event, this.#stamp?.()))
    this.#transcript?.apply({ ...event, chunk_id: chunkId })
  }

  #writeText(type: TextEventType, text: string): void {
    if (typeof text !== 'string') {
      throw wrongField(type === 'content_chunk' ? 'content' : 'reasoning', 'content', text, 'a string')
    }
    if (this.#coalescer === undefined) this.#appendText(type, text)
    else this.#coalescer.add(type, text)
  }

  #appendText(type: TextEventType, text: string): void {
    if (fitsOneEvent(text, this.#maxEventBytes)) this.#appendPiece(type, text)
    else for (const piece of splitText(text, this.#maxEventBytes)) this.#appendPiece(type, piece)
  }

  #appendPiece(type: TextEventType, text: string): void {
    const log = this.#log
    this.#transcript?.addText(type, log.next, text)
    const appended =
      log.appendText !== undefined && this.#stamp === undefined
        ? log.appendText(type, text)
        : log.append(encodeText(type, log.next, text, this.#stamp?.()))
    this.#count(appended)
  }

  #writeOther(part: Exclude<Part, string>): void {
    if (typeof part !== 'object' || part === null) throw unknownPart(part)
    this.flush()
    const chunkId = this.#log.next
    const json = this.#encode(part, chunkId)
    if (Buffer.byteLength(json) > this.#maxEventBytes) {
      const bound = `maxEventBytes (${this.#maxEventBytes})`
      const fix = part.type === 'file' ? 'store it and yield its url' : 'yield less at once, or raise it'
      throw new StreamingError('unexpected_error', undefined, {
        cause: new RangeError(`run yielded a ${part.type} part that is larger than ${bound}: ${fix}.`),
      })
    }
    this.#count(this.#log.append(json))
    // As viewers get it: the application may go on to change the object that it yielded.
    this.#transcript?.apply(JSON.parse(json) as StreamEvent)
  }

  #encode(part: Exclude<Part, string>, chunkId: number): string {
    const event = this.#numbered(eventOfPart(part))
    try {
      return encodeEvent(chunkId, event, this.#stamp?.())
    } catch (error) {
      throw new StreamingError('unexpected_error', undefined, {
        cause: new TypeError(`run yielded a ${part.type} part that cannot be written as JSON.`, {
          cause: error,
        }),
      })
    }
  }

  #numbered(event: UnnumberedEvent): UnnumberedEvent {
    if (event.type !== 'tool_call_chunk' && event.type !== 'tool_result') return event
    this.#callNumbers ??= new CallNumbers()
    const index =
      event.type === 'tool_result' ? this.#callNumbers.ofResult(event.id) : this.#callNumbers.of(event)
    return { ...event, index }
  }

  #count(appendedBytes: number): void {
    this.#totalChunks += 1
    this.#meter.appended(appendedBytes)
  }
}
