import type { Authorize, Hub, MaybePromise } from '@sluice/core/server'
import type { FastifyRequest } from 'fastify'
import { FST_ERR_SLUICE_OPTION } from './errors.ts'

/** What {@link fastifyWs} takes. */
export interface FastifyWsOptions {
  /** Starts and keeps the streams. Shared by all plugins of an application. */
  readonly hub: Hub
  /** The route, after Fastify's `prefix`. @default '/ws' */
  readonly path?: string
  /**
   * Who has opened the connection, where hooks have signed them in. `undefined` closes it with 4501. Without this
   * option and `authenticate` whoever knows a stream's 128-bit id may read and cancel it.
   */
  readonly owner?: (request: FastifyRequest) => MaybePromise<string | undefined>
  /**
   * Who has opened the connection, by what its first message brought: the `payload` of `connection_init`. `undefined`
   * closes it with 4501. Instead of `owner`, not beside it.
   */
  readonly authenticate?: (payload: unknown, request: FastifyRequest) => MaybePromise<string | undefined>
  /** How long `connection_init` may take, where there is `authenticate`, in milliseconds. @default 10_000 */
  readonly authenticateWithinMs?: number
  /** How often `owner` or `authenticate`, and `authorize`, are asked again, in milliseconds. @default 300_000 */
  readonly revalidateMs?: number
  /** Decides on each access to a stream that exists. @default the same owner */
  readonly authorize?: Authorize
  /** What `run` gets as its `context`. @default undefined */
  readonly context?: (request: FastifyRequest) => MaybePromise<unknown>
  /**
   * Origins whose pages may connect, or `true` for all. One's own host always may.
   * @default []
   */
  readonly allowedOrigins?: readonly string[] | true
  /** Whether a request without `Origin` may connect: it comes from no page. @default true */
  readonly allowMissingOrigin?: boolean
  /** Whether `Origin: null` may connect: a page in a sandbox, or from a file. @default false */
  readonly allowNullOrigin?: boolean
  /** How often a `ping` is sent, in milliseconds. Who says nothing until the next one is closed. @default 15_000 */
  readonly heartbeatMs?: number
  /** What `retry_after` is drawn around where many are let go at once, in milliseconds. @default 2_000 */
  readonly retryMs?: number
  /**
   * How long a stream may be paused before it is detached, and a socket take no bytes before it is closed, in
   * milliseconds.
   * @default 30_000
   */
  readonly stallMs?: number
  /**
   * How long an event may wait for more of them, in milliseconds: fewer, larger writes. What comes first in a stream
   * never waits, nor what ends it. @default 0: events leave at the end of the turn of the event loop that they came in
   */
  readonly flushMs?: number
  /** Unsent bytes of a socket above which its streams wait. @default 65_536 */
  readonly highWaterMark?: number
  /** The most that one message holds of a stream, in bytes of events; one event may be larger. @default 16_384 */
  readonly maxFrameBytes?: number
  /** The largest flow window that a client gets, in chunks. @default 4_096 */
  readonly maxWindow?: number
  /** Connections of this plugin at once; one too many is closed with 1013. @default 10_000 */
  readonly maxConnections?: number
  /** Connections of one owner at once. @default Infinity */
  readonly maxConnectionsPerOwner?: number
  /** Streams on one connection at once. @default 100 */
  readonly maxStreamsPerConnection?: number
  /** The longest message that is taken, in bytes. @default 65_536 */
  readonly maxMessageBytes?: number
  /** Messages of one connection in a second, acks included; as many may come at once. @default 2_000 */
  readonly messagesPerSecond?: number
  /** Requests of one connection that wait for their answer. @default 100 */
  readonly maxPendingRequests?: number
}

const DEFAULTS = {
  path: '/ws',
  authenticateWithinMs: 10_000,
  revalidateMs: 300_000,
  allowedOrigins: [],
  allowMissingOrigin: true,
  allowNullOrigin: false,
  heartbeatMs: 15_000,
  retryMs: 2_000,
  stallMs: 30_000,
  flushMs: 0,
  highWaterMark: 65_536,
  maxFrameBytes: 16_384,
  maxWindow: 4_096,
  maxConnections: 10_000,
  maxConnectionsPerOwner: Number.POSITIVE_INFINITY,
  maxStreamsPerConnection: 100,
  maxMessageBytes: 65_536,
  messagesPerSecond: 2_000,
  maxPendingRequests: 100,
} as const

/** The least that each number may be. 0 for `retryMs`: at once. */
const LEAST = {
  authenticateWithinMs: 1,
  revalidateMs: 1,
  heartbeatMs: 1,
  retryMs: 0,
  stallMs: 1,
  flushMs: 0,
  highWaterMark: 1,
  maxFrameBytes: 1,
  maxWindow: 1,
  maxConnections: 1,
  maxConnectionsPerOwner: 1,
  maxStreamsPerConnection: 1,
  maxMessageBytes: 128,
  messagesPerSecond: 1,
  maxPendingRequests: 1,
} as const

/** The longest that a timer can wait, in milliseconds (Node's, and a browser's): a longer one would ring at once. */
const MAX_TIMER_MS = 2_147_483_647

/** Options in which those that have a default are there. */
export type CheckedOptions = FastifyWsOptions & Required<Pick<FastifyWsOptions, keyof typeof DEFAULTS>>

/**
 * The options with their defaults.
 * @throws {FST_ERR_SLUICE_OPTION} that names the option that cannot be worked with.
 */
export function checkedOptions(given: FastifyWsOptions): CheckedOptions {
  const options: CheckedOptions = { ...DEFAULTS, ...withoutUndefined(given) }
  if (typeof options.hub?.start !== 'function')
    throw new FST_ERR_SLUICE_OPTION('hub has to be a hub, from createHub().')
  for (const [name, least] of Object.entries(LEAST) as [keyof typeof LEAST, number][]) {
    if (typeof options[name] === 'number' && options[name] >= least) continue
    throw new FST_ERR_SLUICE_OPTION(`${name} has to be a number, at least ${least}, and is ${options[name]}.`)
  }
  for (const name of ['flushMs', 'retryMs'] as const) {
    if (options[name] <= MAX_TIMER_MS) continue
    throw new FST_ERR_SLUICE_OPTION(`${name} has to be at most ${MAX_TIMER_MS}, and is ${options[name]}.`)
  }
  for (const name of ['owner', 'authenticate', 'authorize', 'context'] as const) {
    if (options[name] === undefined || typeof options[name] === 'function') continue
    throw new FST_ERR_SLUICE_OPTION(`${name} has to be a function, and is ${typeof options[name]}.`)
  }
  for (const name of ['allowMissingOrigin', 'allowNullOrigin'] as const) {
    if (typeof options[name] === 'boolean') continue
    throw new FST_ERR_SLUICE_OPTION(`${name} has to be true or false, and is ${options[name]}.`)
  }
  if (options.allowedOrigins !== true && !Array.isArray(options.allowedOrigins))
    throw new FST_ERR_SLUICE_OPTION(
      `allowedOrigins has to be a list or true, and is ${options.allowedOrigins}.`,
    )
  if (typeof options.path !== 'string' || !options.path.startsWith('/'))
    throw new FST_ERR_SLUICE_OPTION(`path has to begin with '/', and is ${options.path}.`)
  if (!Number.isInteger(options.maxWindow))
    throw new FST_ERR_SLUICE_OPTION(`maxWindow has to be a whole number, and is ${options.maxWindow}.`)
  if (options.owner !== undefined && options.authenticate !== undefined)
    throw new FST_ERR_SLUICE_OPTION('owner and authenticate both say who somebody is: give one of them.')
  return options
}

function withoutUndefined<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options
}
