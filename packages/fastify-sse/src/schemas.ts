import { ERROR_TYPES } from '@sluice/core'
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { FastifySchema } from 'fastify'

/**
 * Schemas of the routes, for `@fastify/swagger` and similar plugins. They validate and serialise nothing: the schema of the
 * definition validates the input.
 */

/** The body of an error, as `errorBody` makes it. */
const error = {
  type: 'object',
  properties: {
    statusCode: { type: 'integer' },
    code: { type: 'string' },
    error: { type: 'string' },
    message: { type: 'string' },
    error_type: { type: 'string', enum: Object.keys(ERROR_TYPES) },
    recoverable: { type: 'boolean' },
    retry_after: { type: 'number', description: 'Seconds to wait before a retry.' },
    issues: { type: 'array', items: { type: 'object', additionalProperties: true } },
    context: { type: 'object', additionalProperties: true },
  },
  required: ['statusCode', 'message', 'error_type', 'recoverable'],
} as const

const errors = { '4xx': error, '5xx': error } as const

const events = {
  description: 'The events of the stream, as server-sent events.',
  content: { 'text/event-stream': { schema: { type: 'string' } } },
} as const

const nothingToRead = { type: 'null', description: 'The thread has no stream with events to read.' } as const

const nothingLeft = {
  type: 'null',
  description: 'The stream has ended, and the cursor is at its last event.',
} as const

const cancelled = { type: 'null', description: 'The stream is cancelled, or has ended already.' } as const

const keyCancelled = {
  type: 'null',
  description: `${cancelled.description} If its start arrives later, it is refused.`,
} as const

const key = {
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      minLength: 22,
      maxLength: 255,
      description:
        'At least 128 random bits. If a start is repeated with its key, the answer is the same stream.',
    },
  },
} as const

const thread = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  description: 'Id of the conversation: printable ASCII characters without spaces.',
} as const

const streamId = {
  type: 'object',
  properties: { streamId: { type: 'string' } },
  required: ['streamId'],
} as const

/** For URLs and methods that only answer with an error. `@fastify/swagger` reads `hide`. */
export const undocumented = { response: errors, hide: true } as FastifySchema

export function startSchema(name: string, input: StandardSchemaV1): FastifySchema {
  const body = jsonSchemaOf(input)
  return {
    summary: `Starts a stream of ${name}`,
    headers: { ...key, properties: { ...key.properties, 'thread-id': thread } },
    ...(body === undefined ? {} : { body }),
    response: { 200: events, ...errors },
  } as FastifySchema
}

export function latestSchema(name: string): FastifySchema {
  return {
    summary: `Reads the newest stream of ${name} in a thread`,
    querystring: { type: 'object', properties: { thread }, required: ['thread'] },
    response: { 200: events, 204: nothingToRead, ...errors },
  } as FastifySchema
}

export function cancelByKeySchema(name: string): FastifySchema {
  return {
    summary: `Cancels the stream of ${name} that has this idempotency key`,
    headers: key,
    response: { 204: keyCancelled, ...errors },
  } as FastifySchema
}

export function resumeSchema(name: string): FastifySchema {
  return {
    summary: `Reads a stream of ${name}, from the start or after a cursor`,
    params: streamId,
    headers: {
      type: 'object',
      properties: {
        'last-event-id': { type: 'string', description: 'The cursor: id of the last event that was read.' },
      },
    },
    querystring: { type: 'object', properties: { last_chunk_id: { type: 'integer', minimum: 0 } } },
    response: { 200: events, 204: nothingLeft, ...errors },
  } as FastifySchema
}

export function cancelSchema(name: string): FastifySchema {
  return {
    summary: `Cancels a stream of ${name}`,
    params: streamId,
    response: { 204: cancelled, ...errors },
  } as FastifySchema
}

/** The JSON Schema of an input, if its library can make one (https://standardschema.dev/json-schema). */
function jsonSchemaOf(input: StandardSchemaV1): Record<string, unknown> | undefined {
  const standard: Partial<StandardJSONSchemaV1.Props> = input['~standard']
  try {
    return standard.jsonSchema?.input({ target: 'draft-07' })
  } catch {
    // JSON Schema cannot express a part of it, a transform for instance: the route then has no schema of its body.
    return undefined
  }
}
