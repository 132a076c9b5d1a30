import { type InputIssue, isChunkId, StreamingError } from '@sluice/core'
import { IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_RULE, THREAD_ID, THREAD_ID_RULE } from '@sluice/core/transport'
import { z } from 'zod'

const MAX_ID = 128
const id = z.string().min(1).max(MAX_ID)
const chunkId = z.number().int().min(0)
const window = z.number().int().min(1).optional()
const name = z.string().max(256)
const thread = z.string().regex(THREAD_ID, { error: `Has to be ${THREAD_ID_RULE}` })
const key = z.string().regex(IDEMPOTENCY_KEY, { error: `Has to be ${IDEMPOTENCY_KEY_RULE}` })

const SCHEMAS = {
  connection_init: z.object({
    type: z.literal('connection_init'),
    request_id: id,
    payload: z.unknown().optional(),
  }),
  stream_request: z.object({
    type: z.literal('stream_request'),
    request_id: id,
    stream: name,
    input: z.unknown().optional(),
    window,
    idempotency_key: key.optional(),
    thread: thread.optional(),
  }),
  resume_stream: z.object({
    type: z.literal('resume_stream'),
    request_id: id,
    stream_id: id,
    last_chunk_id: chunkId,
    window,
  }),
  attach_thread: z.object({
    type: z.literal('attach_thread'),
    request_id: id,
    stream: name,
    thread,
    window,
  }),
  cancel_stream: z
    .object({
      type: z.literal('cancel_stream'),
      request_id: id,
      stream_id: id.optional(),
      start_request_id: id.optional(),
      stream: name.optional(),
      idempotency_key: key.optional(),
      thread: thread.optional(),
    })
    .refine((message) => waysToName(message) === 1, {
      path: ['stream_id'],
      message:
        'Name the stream by stream_id, by start_request_id, by stream and idempotency_key, or by stream and thread',
    }),
  detach_stream: z.object({ type: z.literal('detach_stream'), request_id: id, stream_id: id }),
  chunk_ack: z.object({
    type: z.literal('chunk_ack'),
    stream_id: id,
    chunk_id: chunkId,
    limit: chunkId.optional(),
    queue_length: chunkId.optional(),
  }),
  ping: z.object({ type: z.literal('ping') }),
  pong: z.object({ type: z.literal('pong') }),
} as const

type Schemas = typeof SCHEMAS
type MessageType = keyof Schemas

/** A message of one type, checked. */
export type Message<Type extends MessageType = MessageType> = {
  [Name in Type]: z.output<Schemas[Name]>
}[Type]

/** The messages that are answered. Each has a `request_id`. */
export type RequestMessage = Message<
  'stream_request' | 'resume_stream' | 'attach_thread' | 'cancel_stream' | 'detach_stream'
>

/** A message that has a type of the protocol, and whose fields are not checked yet. */
export interface RawMessage {
  readonly type: MessageType
  readonly [field: string]: unknown
}

/**
 * The message in a frame.
 * @throws {StreamingError} `protocol_error` if it is not a message: no client that speaks the protocol sends this.
 */
export function readMessage(data: Uint8Array, isBinary: boolean): RawMessage {
  if (isBinary) throw new StreamingError('protocol_error', 'A message must be text, not binary.')
  const message = parse(data)
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    throw new StreamingError('protocol_error', 'A message must be a JSON object.')
  }
  const { type } = message as { readonly type?: unknown }
  if (typeof type === 'string' && Object.hasOwn(SCHEMAS, type)) return message as RawMessage
  throw new StreamingError('protocol_error', `There is no message of type ${describe(type)}.`)
}

/**
 * As {@link checkMessage}, for acks, which nearly all messages are: a schema would cost more than all other work for an ack.
 * `undefined`: the message has more or other fields than our client sends, and needs the schema.
 */
export function plainAck({
  type,
  stream_id,
  chunk_id,
  limit,
  queue_length,
}: RawMessage): Message<'chunk_ack'> | undefined {
  if (type !== 'chunk_ack' || typeof stream_id !== 'string') return undefined
  if (stream_id === '' || stream_id.length > MAX_ID) return undefined
  if (!isChunkId(chunk_id) || !isAbsentOrChunkId(limit) || !isAbsentOrChunkId(queue_length)) return undefined
  return { type, stream_id, chunk_id, limit, queue_length }
}

/**
 * A message with valid fields.
 * @throws {StreamingError} `invalid_request` that names the fields.
 */
export function checkMessage<Type extends MessageType>(raw: RawMessage & { type: Type }): Message<Type> {
  const result = SCHEMAS[raw.type].safeParse(raw)
  if (result.success) return result.data as Message<Type>
  const issues = result.error.issues.map(
    ({ path, message }): InputIssue => ({ path: path.map(segment), message }),
  )
  const [first] = issues
  throw new StreamingError('invalid_request', `${first?.path.join('.')}: ${first?.message}.`, { issues })
}

function isAbsentOrChunkId(field: unknown): field is number | undefined {
  return field === undefined || isChunkId(field)
}

function parse(data: Uint8Array): unknown {
  try {
    return JSON.parse(data.toString())
  } catch {
    throw new StreamingError('protocol_error', 'A message must be JSON.')
  }
}

function describe(type: unknown): string {
  return typeof type === 'string' ? `'${type.slice(0, 40)}'` : typeof type
}

function segment(key: PropertyKey): string | number {
  return typeof key === 'number' ? key : String(key)
}

interface Naming {
  readonly stream_id?: string | undefined
  readonly start_request_id?: string | undefined
  readonly stream?: string | undefined
  readonly idempotency_key?: string | undefined
  readonly thread?: string | undefined
}

function waysToName({ stream_id, start_request_id, stream, idempotency_key, thread }: Naming): number {
  const byKey = stream !== undefined && idempotency_key !== undefined
  const byThread = stream !== undefined && thread !== undefined
  return [stream_id !== undefined, start_request_id !== undefined, byKey, byThread].filter(Boolean).length
}
