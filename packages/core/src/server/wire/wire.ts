import type { StreamingError } from '../../errors.ts'
import type { StreamEvent } from '../../events.ts'
import type { StreamRecord } from '../log/log.ts'
import type { TextEventType } from '../run/coalescer.ts'

/**
 * The format in which the client of somebody else reads a stream: the AI SDK's UI messages, OpenAI's chunks, AG-UI's
 * events. The log keeps Sluice's own events, for all formats; a wire translates them when they are framed.
 *
 * A wire is one object for all the streams that are read in the same way: viewers of one stream share their frames if they
 * read it on the same wire, so a wire that takes options is made once for each set of them, and not for each request.
 */
export interface Wire {
  /** What messages to a developer call it: `ai-sdk`, `openai`. */
  readonly name: string
  /** Header fields of each answer, beside those of an event stream. @default none */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * What a viewer that comes back needs to have translated again.
   * - `block`: the block that was open (a paragraph of text, a tool call). The cursor is `{chunk_id}.{sub}.{open}`: through
   *   message `sub` (from 0) of the event, before which the block that is open began at the event `open` (0: none is).
   * - `start`: all of it, because the last message repeats the answer, or because messages are numbered. The cursor is the
   *   number, from 0, of the last message that the client has.
   * @default 'block'
   */
  readonly resumesFrom?: 'block' | 'start'
  /**
   * Whether the client can take text back. If not, a stream that starts again after text (`stream_retry`) has to become
   * an error here, and a definition with `retry: { afterFirstChunk: 'restart' }` is refused by the routes of this wire.
   * @default false
   */
  readonly takesBack?: boolean
  /** Begins to translate a stream, from its first event or from the one with which an open block began. */
  begin(record: StreamRecord): Translator
  /** The body of an answer that is no stream, in the form of the client. A string is sent as text, all else as JSON, with the error's status. */
  errorBody(error: StreamingError): unknown
}

/**
 * Translates the events of one stream, in their order. It has no clock, no chance and no side effect. Each viewer has one of
 * its own, so it is small: only `start` wires keep text.
 */
export interface Translator {
  /** The `chunk_id` of the event with which the block that is open now began; `undefined`: none is open. */
  readonly openSince: number | undefined
  /**
   * The messages that an event becomes: none, one or several. Ids in them come from the record and from chunk_ids only, so
   * that each process makes the same messages. A terminal event becomes at least one.
   */
  push(event: StreamEvent): readonly WireMessage[]
  /**
   * The text around the content of an event, if from now until the next `push` each event of this type would become one
   * message in which only the content differs (and its number), and would leave the translator as it is, except for what
   * `copied` tells it. Then the content is copied from the log's bytes, as a JSON string, and the event is neither parsed
   * nor pushed. `undefined`: it has to be pushed. It is called at most once for each type between two calls of `push`. If
   * there is no such method, each event is pushed.
   */
  around?(type: TextEventType): TextAround | undefined
  /**
   * Gets the text that was copied since, joined, and how many messages it made: before the next `push`, and perhaps earlier.
   * For a translator that needs it later, because its last message repeats the answer or its messages are numbered. It must
   * not change what `around` has said.
   */
  copied?(text: string, messages: number): void
}

/** A message of a wire: the fields of a server-sent event, without its id. */
export interface WireMessage {
  /** The name of the event, without line breaks. @default none */
  readonly event?: string
  /** An object is sent as JSON. A string is sent as it is: each of its lines in a `data` field (WHATWG HTML §9.2.6). */
  readonly data: object | string
}

/** A message with a gap for a JSON string: `{"type":"text-delta","id":"t1","delta":` and `}`. Without line breaks. */
export interface TextAround {
  readonly event?: string
  readonly before: string
  /** If it is there, the number of the message stands between `before` and it (`resumesFrom: 'start'`). */
  readonly afterNumber?: string
  readonly after: string
}
