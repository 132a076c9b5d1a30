import { ERROR_TYPES } from '@sluice/core'
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { FastifySchema } from 'fastify'

/**
 * What the routes say of themselves, for `@fastify/swagger` and its like. Nothing is validated or serialised by
 * these: the definition's own schema is the one that decides.
 */

/** What `errorBody` gives. */
const error = {
  type: 'object',
  properties: {
    statusCode: { type: 'integer' },
    code: { type: 'string' },
    error: { type: 'string' },
    message: { type: 'string' },
    error_type: { type: 'string', enum: Object.keys(ERROR_TYPES) },
    recoverable: { type: 'boolean' },
    retry_after: { type: 'number', description: 'seconds' },
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

const noContent = { type: 'null', description: 'There is nothing to say.' } as const

const key = {
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      minLength: 22,
      maxLength: 255,
      description: 'At least 128 random bits. A repeat leads to the same stream.',
    },
  },
} as const

const thread = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  description: 'The conversation: printable ASCII characters without spaces.',
} as const

const streamId = {
  type: 'object',
  properties: { streamId: { type: 'string' } },
  required: ['streamId'],
} as const

/** For URLs and methods that only answer with an error. `hide` is known to `@fastify/swagger`. */
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
    summary: `Finds the stream of ${name} that runs in a thread`,
    querystring: { type: 'object', properties: { thread }, required: ['thread'] },
    response: { 200: events, 204: noContent, ...errors },
  } as FastifySchema
}

export function cancelByKeySchema(name: string): FastifySchema {
  return {
    summary: `Cancels a start of ${name}`,
    headers: key,
    response: { 204: noContent, ...errors },
  } as FastifySchema
}

export function resumeSchema(name: string): FastifySchema {
  return {
    summary: `Goes on with a stream of ${name}`,
    params: streamId,
    headers: {
      type: 'object',
      properties: { 'last-event-id': { type: 'string', description: 'The cursor.' } },
    },
    querystring: { type: 'object', properties: { last_chunk_id: { type: 'integer', minimum: 0 } } },
    response: { 200: events, 204: noContent, ...errors },
  } as FastifySchema
}

export function cancelSchema(name: string): FastifySchema {
  return {
    summary: `Cancels a stream of ${name}`,
    params: streamId,
    response: { 204: noContent, ...errors },
  } as FastifySchema
}

/** A schema that can describe itself (https://standardschema.dev/json-schema). */
function jsonSchemaOf(input: StandardSchemaV1): Record<string, unknown> | undefined {
  const standard: Partial<StandardJSONSchemaV1.Props> = input['~standard']
  try {
    return standard.jsonSchema?.input({ target: 'draft-07' })
  } catch {
    // It has a part that JSON Schema cannot say, a transform for instance: then the route goes without.
    return undefined
  }
}
