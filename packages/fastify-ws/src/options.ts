import type { MaybePromise } from '@sluice/core/server'
import {
  aFunction,
  checkedOptions as checked,
  InvalidOptionError,
  limitNumber,
  type OptionRule,
  time,
  VIEWING_DEFAULTS,
  VIEWING_RULES,
  type ViewingOptions,
  type WithDefaults,
  wholeNumber,
} from '@sluice/core/transport'
import type { FastifyRequest, FastifySchema } from 'fastify'

/** Options of {@link fastifyWs}. */
export interface FastifyWsOptions extends ViewingOptions<FastifyRequest> {
  /** The route, after Fastify's `prefix`. @default '/ws' */
  readonly path?: string
  /**
   * Documents the route, for `@fastify/swagger` and similar plugins. It validates nothing.
   * @default `{ hide: true }`: OpenAPI cannot describe a WebSocket
   */
  readonly schema?: FastifySchema
  /**
   * Names the owner of a connection from the `payload` of its first message, `connection_init`. `undefined` closes the
   * connection with 4501. Give this option or `owner`, not both.
   */
  readonly authenticate?: (payload: unknown, request: FastifyRequest) => MaybePromise<string | undefined>
  /** How long `connection_init` may take if there is `authenticate`, in milliseconds. @default 10_000 */
  readonly authenticateWithinMs?: number
  /** How often `owner` or `authenticate`, and `authorize`, are asked again, in milliseconds. @default 300_000 */
  readonly revalidateMs?: number
  /** Gives `run` its `context`. @default undefined */
  readonly context?: (request: FastifyRequest) => MaybePromise<unknown>
  /** The most that one message holds of a stream, in bytes of events; one event may be larger. @default 16_384 */
  readonly maxFrameBytes?: number
  /** The largest flow window that a client gets, in chunks. @default 4_096 */
  readonly maxWindow?: number
  /** Connections of this plugin at once. One more is closed with 1013. @default 10_000 */
  readonly maxConnections?: number
  /** Connections of one owner at once. @default Infinity */
  readonly maxConnectionsPerOwner?: number
  /** Streams on one connection at once. @default 100 */
  readonly maxStreamsPerConnection?: number
  /** The longest message that a client may send, in bytes. @default 65_536 */
  readonly maxMessageBytes?: number
  /** Messages that one connection may send in a second, acks included; as many may come at once. @default 2_000 */
  readonly messagesPerSecond?: number
  /** Requests of one connection that may be open (not answered yet) at once. @default 100 */
  readonly maxPendingRequests?: number
}

const DEFAULTS = {
  ...VIEWING_DEFAULTS,
  path: '/ws',
  authenticateWithinMs: 10_000,
  revalidateMs: 300_000,
  maxFrameBytes: 16_384,
  maxWindow: 4_096,
  maxConnections: 10_000,
  maxConnectionsPerOwner: Number.POSITIVE_INFINITY,
  maxStreamsPerConnection: 100,
  maxMessageBytes: 65_536,
  messagesPerSecond: 2_000,
  maxPendingRequests: 100,
} as const

const aPath: OptionRule = {
  requirement: "begin with '/'",
  fits: (value) => typeof value === 'string' && value.startsWith('/'),
}

const aSchema: OptionRule = {
  requirement: 'be a schema',
  fits: (value) => typeof value === 'object' && value !== null,
}

const RULES = {
  ...VIEWING_RULES,
  path: aPath,
  schema: aSchema,
  authenticate: aFunction,
  authenticateWithinMs: time(),
  revalidateMs: time(),
  context: aFunction,
  maxFrameBytes: wholeNumber(),
  maxWindow: wholeNumber(),
  maxConnections: limitNumber,
  maxConnectionsPerOwner: limitNumber,
  // The client is told these four: JSON has no Infinity.
  maxStreamsPerConnection: wholeNumber(),
  maxMessageBytes: wholeNumber(128),
  messagesPerSecond: wholeNumber(),
  maxPendingRequests: wholeNumber(),
} as const satisfies Record<keyof FastifyWsOptions, OptionRule>

/** {@link FastifyWsOptions} with their defaults. */
export type CheckedOptions = WithDefaults<FastifyWsOptions, typeof DEFAULTS>

/** @throws InvalidOptionError that names the option, if a value is not valid */
export function checkedOptions(given: FastifyWsOptions): CheckedOptions {
  const options = checked(given, DEFAULTS, RULES)
  if (options.owner && options.authenticate !== undefined)
    throw new InvalidOptionError('owner and authenticate both name the owner: give one of them.')
  return options
}
