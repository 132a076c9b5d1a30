import type { InputOf, StreamingError, StreamShape, ToolCall } from '@sluice/core'
import type { DataOf, FilePart, Message, StoredMessage } from './message.ts'

/** The argument of `toInput`, which makes the input of a start from it, at once or later. */
export interface InputContext<D> {
  /** The conversation's id. */
  readonly id: string
  /** From the first message to the one that is to be answered. */
  readonly messages: readonly Message<D>[]
  /** The one that is to be answered: the user's, or the last tool result. */
  readonly message: Message<D>
  /** The id that the answer's message has: a server that stores it under this id gives it back as the same message. */
  readonly answerId: string
}

/** A part as the server gets it. */
export type InputPart =
  | { type: 'text' | 'reasoning'; text: string }
  | { type: 'tool_call'; index: number; id: string | null; name: string | null; arguments: string }
  | { type: 'tool_result'; callId: string; output: unknown }
  | { type: 'file'; name: string; mediaType: string; url: string }
  | { type: 'source'; id?: string; url?: string; title?: string; quote?: string }
  | { type: 'data_chunk'; name: string; data: unknown }

/** The input of a definition that takes the messages as they are: what is sent without `toInput`. */
export type MessagesInput = {
  id: string
  messages: { id: string; role: 'user' | 'assistant' | 'tool'; parts: InputPart[] }[]
}

/** A schema that validates an input before it is sent: any Standard Schema (https://standardschema.dev). */
export type InputSchema<S extends StreamShape> = S['input']

/** A callback that gets the message that it is about. */
type Told<D> = (message: Message<D>) => void

/** Options of a conversation. The callbacks and `toInput` may change while it is there. */
export interface ConversationSettings<S extends StreamShape> {
  /**
   * Its name on this device, and its `thread` on the server: a reload, another tab and another device find what runs by
   * it. 1 to 128 printable ASCII characters without spaces.
   */
  readonly id: string
  /**
   * The messages that there are already. With `messages` or `load` it is the application that keeps them.
   * @default those that the client's storage has: without `messages` and `load`, the conversation keeps them there
   */
  readonly messages?: readonly StoredMessage<DataOf<S>>[] | undefined
  /**
   * Loads the messages, for instance from the application's own routes. Until then the status is `loading`. If the last
   * one is an answer that has not ended and has a `streamId`, it is followed. `refresh` calls it again.
   */
  readonly load?: (() => Promise<readonly StoredMessage<DataOf<S>>[]>) | undefined
  /**
   * How an answer that runs is found if this page's storage does not know it: by the conversation's `thread`, or, if the
   * messages say what runs, by the `streamId` of the last one alone, which saves a request.
   * @default 'thread'
   */
  readonly resumeFrom?: 'thread' | 'messages' | undefined
  /** The definition's schema, if it is on the page: an input that it refuses is not sent. */
  readonly schema?: InputSchema<S> | undefined
  /**
   * How `send` treats a message while an answer runs: it is sent afterwards (`wait`), refused (`reject`), or the
   * answer is stopped, and it is sent then (`interrupt`).
   * @default 'reject'
   */
  readonly whileBusy?: 'wait' | 'reject' | 'interrupt' | undefined
  /**
   * Whether the generation goes on after a tool result, by the messages up to it.
   * @default as soon as each tool call of the answer has a result
   */
  readonly continueAfter?: ((messages: readonly Message<DataOf<S>>[]) => boolean) | undefined
  /** Called once for each data part that comes. */
  readonly onData?: ((data: DataOf<S>, message: Message<DataOf<S>>) => void) | undefined
  /**
   * Called once for each tool call of a complete answer that the server has not run itself.
   * If it returns a value other than `undefined`, that is the call's result, as if given to `addToolResult`; if it
   * throws, `{ error: message }` is.
   */
  readonly onToolCall?: ((call: ToolCall, message: Message<DataOf<S>>) => unknown) | undefined
  /** Called once when an answer is complete or was stopped. */
  readonly onFinish?: Told<DataOf<S>> | undefined
  /** Called once when a message has failed. */
  readonly onError?: ((error: StreamingError, message: Message<DataOf<S>>) => void) | undefined
}

/** Makes the definition's input of the messages. It may be left out if the definition takes the messages as they are. */
export type ToInput<S extends StreamShape> =
  MessagesInput extends InputOf<S>
    ? {
        readonly toInput?:
          | ((context: InputContext<DataOf<S>>) => InputOf<S> | Promise<InputOf<S>>)
          | undefined
      }
    : { readonly toInput: (context: InputContext<DataOf<S>>) => InputOf<S> | Promise<InputOf<S>> }

/** Makes the input of the messages, or takes them as they are. */
export type MaybeToInput<S extends StreamShape> = {
  readonly toInput?: ((context: InputContext<DataOf<S>>) => InputOf<S> | Promise<InputOf<S>>) | undefined
}

/** Options of `conversation`. */
export type ConversationOptions<S extends StreamShape> = ConversationSettings<S> & ToInput<S>

/** Options of `send`. */
export interface SendOptions {
  /** Files to attach: as parts, or as files of an input field, which are sent as `data:` URLs. */
  readonly files?: Iterable<FilePart | File> | undefined
}
