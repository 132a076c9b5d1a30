import { ERROR_TYPES } from '@sluice/core'
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { FastifySchema } from 'fastify'
import type { StreamAction, StreamRouteOptions } from './options.ts'

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

/** A JSON Schema that allows everything: the library of the input has no JSON Schema, or cannot express a part of it. */
const anyInput = { description: 'The input of the stream. Its schema is not known as JSON Schema.' }

/** For URLs and methods that only answer with an error. `@fastify/swagger` reads `hide`. */
export const undocumented = { response: errors, hide: true } as FastifySchema

/** A schema, with the fields that plugins like `@fastify/swagger` add to it. */
type Documented = FastifySchema & Readonly<Record<string, unknown>>

const schemas: Readonly<Record<StreamAction, (name: string, input: StandardSchemaV1) => Documented>> = {
  start: (name, input) => ({
    summary: `Starts a stream of ${name}`,
    headers: { ...key, properties: { ...key.properties, 'thread-id': thread } },
    body: jsonSchemaOf(input) ?? anyInput,
    response: { 200: events, ...errors },
  }),
  latest: (name) => ({
    summary: `Reads the newest stream of ${name} in a thread`,
    querystring: { type: 'object', properties: { thread }, required: ['thread'] },
    response: { 200: events, 204: nothingToRead, ...errors },
  }),
  cancelByKey: (name) => ({
    summary: `Cancels the stream of ${name} that has this idempotency key`,
    headers: key,
    response: { 204: keyCancelled, ...errors },
  }),
  resume: (name) => ({
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
  }),
  cancel: (name) => ({
    summary: `Cancels a stream of ${name}`,
    params: streamId,
    response: { 204: cancelled, ...errors },
  }),
}

/** Makes the schemas of the routes of one server. */
export class RouteSchemas {
  /** OpenAPI wants each operation id once, and a plugin may be registered more than once. */
  readonly #operationIds: Set<string>

  constructor(server: object) {
    this.#operationIds = operationIdsOf.get(server) ?? new Set()
    operationIdsOf.set(server, this.#operationIds)
  }

  /** The schema of one route: the plugin's own, with what the application has said about it. */
  of(
    action: StreamAction,
    name: string,
    input: StandardSchemaV1,
    { schema: own, hide }: StreamRouteOptions = {},
  ): FastifySchema {
    const schema: Documented = {
      tags: [name],
      operationId: this.#operationId(action, name),
      ...schemas[action](name, input),
      ...(hide === undefined ? {} : { hide }),
    }
    if (typeof own === 'function') return own({ action, stream: name, schema })
    if (own === undefined || action === 'start') return { ...schema, ...own }
    // Of the five routes, one alone takes a body.
    const { body: _, ...ofAll } = own
    return { ...schema, ...ofAll }
  }

  #operationId(action: StreamAction, name: string): string {
    const id = `${name}_${action}`
    for (let count = 1; ; count++) {
      const unique = count === 1 ? id : `${id}_${count}`
      if (this.#operationIds.has(unique)) continue
      this.#operationIds.add(unique)
      return unique
    }
  }
}

const operationIdsOf = new WeakMap<object, Set<string>>()

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
