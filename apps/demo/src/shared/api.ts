import { z } from 'zod'

/**
 * The HTTP interface between the demo's page and its server, beside the streams themselves (`PROTOCOL.md`). The
 * server checks what comes in with these schemas; the page takes the types (`import type`), and so pays nothing.
 *
 * | request | answer |
 * |---|---|
 * | `GET /api/me` | {@link Me}; gives a visitor's cookie to who has none |
 * | `GET /api/conversations` | {@link ConversationList}: one's own, the latest first |
 * | `GET /api/conversations/{id}` | {@link Conversation}, with an `ETag`: 304 for `If-None-Match` |
 * | `PATCH /api/conversations/{id}` {@link ConversationChange} | {@link Conversation} |
 * | `DELETE /api/conversations/{id}` | 204; what runs in it is stopped |
 * | `PUT /api/conversations/{id}/turns/{turnId}` {@link NewTurn} | {@link Conversation}, which the first turn creates; may be repeated |
 * | `POST /streams/chat` {@link ChatInput}, or `stream_request` | the answer's stream |
 * | `POST /api/conversations/{id}/share` | 201 {@link Share}; 200 if it is shared already |
 * | `DELETE /api/conversations/{id}/share` | 204; guests are disconnected |
 * | `POST /api/guest` {@link GuestEntry} | {@link Conversation}: who has a link may read from now on |
 * | `GET /api/lab` | {@link Lab} |
 * | `PATCH /api/lab` {@link LabChange} | {@link Lab} |
 * | `DELETE /api/lab` | {@link Lab}, with everything as it is without a laboratory |
 * | `POST /api/lab/cut` {@link Cut} | 202 {@link CutResult} |
 * | `POST /api/lab/kill` | 202: an instance ends at once; 409 {@link ApiError} if that is not possible |
 * | `GET /api/lab/measurements` | {@link Measurements}, of the visitor's own streams and connections |
 *
 * Without the cookie the answer is 401. Somebody else's conversation is answered as one that does not exist: 404.
 * Every error is an {@link ApiError}, in the form that errors of the streams have.
 */

/** 128 random bits or more, as base64url or hexadecimal, made by the page: what is asked for twice happens once. */
export const id = z.string().regex(/^[\w-]{22,64}$/, 'has to be 22 to 64 characters of base64url')

/** The place of an answer: 0, or 1 for the second of two that are side by side. */
const lane = z.union([z.literal(0), z.literal(1)])

/** Milliseconds since the epoch. */
const time = z.number().int().nonnegative()

/** How an answer stands. `running`: its stream is to be attached; its text is not here yet. */
const answerState = z.enum(['running', 'completed', 'cancelled', 'failed'])

/** Why an answer failed. */
export const answerError = z.object({
  /** One of the protocol's error types. */
  type: z.string(),
  /** For people. */
  message: z.string(),
  /** Whether asking again may succeed. */
  recoverable: z.boolean(),
  /** Seconds after which asking again makes sense. */
  retryAfter: z.number().nullable(),
})
export type AnswerError = z.infer<typeof answerError>

/** A tool that the model called, and what it was given back. */
export const toolCall = z.object({
  id: z.string().nullable(),
  name: z.string().nullable(),
  /** JSON text, as the model wrote it. */
  arguments: z.string(),
  /** JSON text; `null` if the tool was not run (the answer was stopped, or the model knows it better). */
  result: z.string().nullable(),
})
export type StoredToolCall = z.infer<typeof toolCall>

/** One answer to a turn's question. */
export const answer = z.object({
  id,
  lane,
  model: z.string(),
  state: answerState,
  /** Attach with it while `running`; Stop with it. */
  streamId: z.string(),
  /** Complete unless `running`: then it is empty, and the stream has it from its first word. */
  text: z.string(),
  reasoning: z.string(),
  toolCalls: z.array(toolCall),
  /** Unless `failed`: `null`. */
  error: answerError.nullable(),
  /** `stop`, `length`, … */
  finishReason: z.string().nullable(),
  outputTokens: z.number().nullable(),
  /** From the start to the first word, in milliseconds. */
  ttftMs: z.number().nullable(),
  durationMs: z.number().nullable(),
  createdAt: time,
  endedAt: time.nullable(),
})
export type Answer = z.infer<typeof answer>

/**
 * A question, and what was answered to it: nothing yet, one answer, or several. With their `parentId` the turns of a
 * conversation are a tree: an edited question is a branch beside the one before, and so is what follows another answer.
 */
export const turn = z.object({
  id,
  /** The message before it: an answer, or a question that has none; `null`: it begins the conversation. */
  parentId: id.nullable(),
  question: z.string(),
  createdAt: time,
  /** In the order in which they were asked for. */
  answers: z.array(answer),
})
export type Turn = z.infer<typeof turn>

/** A conversation as it stands in a list. */
export const conversationSummary = z.object({
  id,
  /** The beginning of the first question, until it is renamed. Empty before the first question. */
  title: z.string(),
  createdAt: time,
  updatedAt: time,
  /** How many answers run. */
  running: z.number().int(),
  isShared: z.boolean(),
})
export type ConversationSummary = z.infer<typeof conversationSummary>

/** `GET /api/conversations` */
export const conversationList = z.object({ conversations: z.array(conversationSummary) })
export type ConversationList = z.infer<typeof conversationList>

/** A whole conversation. */
export const conversation = conversationSummary.extend({
  /** A guest has come by a link: may read and watch, not ask, stop, rename or share. */
  access: z.enum(['owner', 'guest']),
  /** Rises with each change; it is the `ETag` too. */
  revision: z.number().int(),
  /** The link, for the owner of a shared conversation. */
  share: z.object({ token: id, path: z.string() }).nullable(),
  /** In the order in which they were asked. */
  turns: z.array(turn),
})
export type Conversation = z.infer<typeof conversation>

const title = z.string().trim().min(1).max(200)
const question = z.string().trim().min(1).max(32_000)

/** `PATCH /api/conversations/{id}` */
export const conversationChange = z.strictObject({ title })
export type ConversationChange = z.infer<typeof conversationChange>

/**
 * `PUT …/turns/{turnId}`. `parentId` is the message that the question follows; `null` creates the conversation, or adds
 * another beginning to it. A repeat changes nothing. 409 if that message is not there, or if the id has another question.
 */
export const newTurn = z.strictObject({ question, parentId: id.nullable() })
export type NewTurn = z.infer<typeof newTurn>

/**
 * The input of the stream `chat`: not the conversation, but the place in it to answer. The server reads the rest from its
 * store, so a page can neither invent history nor send it again and again. Use `answerId` as the idempotency key:
 * a start that is repeated, after a reload for instance, then leads to the same answer.
 */
export const chatInput = z.strictObject({
  conversationId: id,
  turnId: id,
  /** Made by the page, as `turnId` is. */
  answerId: id,
  /** @default 0 */
  lane: lane.default(0),
  /** One of {@link Me.models}. @default the first */
  model: z.string().max(100).optional(),
})
export type ChatInput = z.infer<typeof chatInput>
/** The same as the page sends it. */
export type ChatRequest = z.input<typeof chatInput>

/** `POST …/share`. The page makes the URL: its own origin, and `path`. */
export const share = z.object({
  token: id,
  /** `/shared#{token}`: what follows `#` reaches no server, and so no server's log. */
  path: z.string(),
})
export type Share = z.infer<typeof share>

/** `POST /api/guest`: the token of a link. */
export const guestEntry = z.strictObject({ token: id })
export type GuestEntry = z.infer<typeof guestEntry>

/** A model that can be asked. */
export const model = z.object({
  id: z.string(),
  /** For people: what is special about it. */
  label: z.string(),
})
export type Model = z.infer<typeof model>

/** The reason for each thing that the laboratory cannot do here; `null`: it can. */
export const labLimits = z.object({
  /** Faults and pace of the provider: of the local model server only. */
  provider: z.string().nullable(),
  /** Killing the process: of the cluster form only. */
  kill: z.string().nullable(),
})
export type LabLimits = z.infer<typeof labLimits>

/** `GET /api/me` */
export const me = z.object({
  /** For people, and for nothing else: the visitor's id stays in the cookie. */
  visitor: z.string(),
  /** The provider's name, for people: `OpenAI`, `local model server`, … */
  source: z.string(),
  models: z.array(model).min(1),
  /** Which process answered this; one of several in the cluster form. */
  instance: z.string(),
  lab: labLimits,
})
export type Me = z.infer<typeof me>

/** A fault of the provider. `break_off`: the connection is reset in the middle of the answer. */
const providerFault = z.enum(['none', '429', '500', 'stall', 'break_off'])

const providerSettings = z.strictObject({
  fault: providerFault,
  /** How many attempts of each answer fail. The server tries three times, so 3 is an error, and less heals. */
  attempts: z.number().int().min(1).max(3),
  /** The `retry-after` of a 429, in seconds. */
  retryAfter: z.number().int().min(0).max(60),
  /** How many tokens come before `stall` and `break_off`; 0: a stall before the first one. */
  afterTokens: z.number().int().min(0).max(2_000),
  /** `null`: as fast as it is set up. */
  tokensPerSecond: z.number().min(0.5).max(10_000).nullable(),
})

const networkSettings = z.strictObject({
  /** Added to each way, in milliseconds. */
  latencyMs: z.number().int().min(0).max(10_000),
  /** Of each connection, from the server; `null`: as fast as it is. */
  bytesPerSecond: z.number().int().min(50).max(100_000_000).nullable(),
})

/** The faults that a visitor has chosen, for their own streams. */
export const labSettings = z.strictObject({
  provider: providerSettings,
  /** Faults of connections that carry streams; everything else of the page stays quick. */
  network: networkSettings,
  /** `full`: starts are refused with `capacity`, as by a server that has no room. */
  capacity: z.enum(['normal', 'full']),
})
export type LabSettings = z.infer<typeof labSettings>

/** Nothing is wrong. */
export const NO_FAULTS: LabSettings = {
  provider: { fault: 'none', attempts: 1, retryAfter: 2, afterTokens: 40, tokensPerSecond: null },
  network: { latencyMs: 0, bytesPerSecond: null },
  capacity: 'normal',
}

/** `PATCH /api/lab`: what is not named stays. 409 if {@link LabLimits} says that it cannot be. */
export const labChange = z.strictObject({
  provider: providerSettings.exactPartial().optional(),
  network: networkSettings.exactPartial().optional(),
  capacity: labSettings.shape.capacity.optional(),
})
export type LabChange = z.infer<typeof labChange>

/** `GET /api/lab` */
export const lab = z.object({
  settings: labSettings,
  limits: labLimits,
  /** Until when connections are refused, after a {@link Cut}; `null`: they are not. */
  offlineUntil: time.nullable(),
})
export type Lab = z.infer<typeof lab>

/** `POST /api/lab/cut`: the visitor's connections that carry streams are reset, without a good-bye. */
export const cut = z.strictObject({
  /** For how long new ones are reset too, in milliseconds. @default 0 */
  forMs: z.number().int().min(0).max(60_000).default(0),
})
export type Cut = z.input<typeof cut>

/** How many connections were cut, on the instance that was asked. */
export const cutResult = z.object({ connections: z.number().int() })
export type CutResult = z.infer<typeof cutResult>

/** One stream, as the instance knows it that was asked. */
export const streamMeasurement = z.object({
  streamId: z.string(),
  /** The state of the run if it is on this instance; `elsewhere` if it is not. */
  state: z.enum([
    'connecting',
    'retrying',
    'streaming',
    'paused',
    'completed',
    'error',
    'cancelled',
    'elsewhere',
  ]),
  /** The last chunk_id of the log. */
  lastChunkId: z.number().int(),
  /** How many watch it, on this instance. */
  viewers: z.number().int(),
  /** Attempts at the provider that failed, and why the last one did. */
  retries: z.number().int(),
  retryError: z.string().nullable(),
  /** How often the run waited for its viewers. */
  pauses: z.number().int(),
  /** From the start to the first word, in milliseconds; `null` until the answer has ended. */
  ttftMs: z.number().nullable(),
  startedAt: time,
  endedAt: time.nullable(),
})
export type StreamMeasurement = z.infer<typeof streamMeasurement>

/** A connection that carries the visitor's streams. */
export const connectionMeasurement = z.object({
  connectionId: z.string(),
  transport: z.enum(['sse', 'ws']),
  /** Sent since it was opened. */
  bytesSent: z.number().int(),
  /** Written by the server, and still held back: by the throttle, the latency, or the network. */
  unsentBytes: z.number().int(),
  /** Over WebSocket, by which the client controls the flow. */
  streams: z.array(
    z.object({
      streamId: z.string(),
      /** The last chunk_id that was sent. */
      cursor: z.number().int(),
      /** The last chunk_id that the client has acknowledged. */
      acknowledged: z.number().int(),
      /** The highest chunk_id that may be sent: the window is what lies between. */
      limit: z.number().int(),
      /** Chunks that wait in the client, as it said last. */
      queue: z.number().int().nullable(),
      /** How long the window has been used up, all times together, in milliseconds. */
      pausedMs: z.number(),
    }),
  ),
})
export type ConnectionMeasurement = z.infer<typeof connectionMeasurement>

/** `GET /api/lab/measurements`. Ask a few times a second while somebody looks. */
export const measurements = z.object({
  /** Which process has measured. Keep the latest of each: behind a proxy they take turns. */
  instance: z.string(),
  at: time,
  /** Those that run, and those that ended in the last minute. */
  streams: z.array(streamMeasurement),
  connections: z.array(connectionMeasurement),
  /** The whole process, all visitors. */
  process: z.object({
    streams: z.number().int(),
    viewers: z.number().int(),
    logBytes: z.number().int(),
    retries: z.number().int(),
    pauses: z.number().int(),
    heapBytes: z.number().int(),
  }),
})
export type Measurements = z.infer<typeof measurements>

/** Any error of these routes; the streams' routes answer with the same fields. */
export const apiError = z.object({
  statusCode: z.number().int(),
  /** One of the protocol's error types. */
  error_type: z.string(),
  /** For people. */
  message: z.string(),
  recoverable: z.boolean(),
  /** Seconds. */
  retry_after: z.number().optional(),
  issues: z
    .array(z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string() }))
    .optional(),
})
export type ApiError = z.infer<typeof apiError>
