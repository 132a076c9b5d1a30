import type { Authorize, Hub, MaybePromise } from '@sluice/core/server'
import type { FastifyRequest, RouteShorthandOptions } from 'fastify'
import { FST_ERR_SLUICE_OPTION } from './errors.ts'

/** What both plugins take. */
export interface ViewingOptions {
  /** Starts and keeps the streams. Shared by all plugins of an application. */
  readonly hub: Hub
  /**
   * Who makes a request. `undefined` is refused with 401. Without this option whoever knows a stream's 128-bit id
   * may read and cancel it.
   */
  readonly owner?: (request: FastifyRequest) => MaybePromise<string | undefined>
  /** Decides on each access to a stream that exists. @default the same owner */
  readonly authorize?: Authorize
  /**
   * Origins that may use these routes from another site's page, or `true` for all. A request without an `Origin`
   * (not from a page) and one from the same origin always may.
   * @default []
   */
  readonly allowedOrigins?: readonly string[] | true
  /** How long a connection is silent before a comment is sent, in milliseconds. @default 15_000 */
  readonly heartbeatMs?: number
  /** What `retry:` is drawn around, in milliseconds: the wait of a native `EventSource`. @default 2_000 */
  readonly retryMs?: number
  /** How long a viewer may take nothing before it is let go, in milliseconds. @default 30_000 */
  readonly stallMs?: number
  /**
   * How long an event may wait for more of them, in milliseconds: fewer, larger writes. What comes first in a stream
   * never waits, nor what ends it. @default 0: events leave at the end of the turn of the event loop that they came in
   */
  readonly flushMs?: number
  /** Unsent bytes of a connection above which its viewer waits for it. @default 65_536 */
  readonly highWaterMark?: number
  /** Viewers of this plugin at once; one too many is told to come back. @default Infinity: the hub's limit alone holds */
  readonly maxViewers?: number
}

/** What a definition's own routes take beside the plugin's: `config`, `preHandler`, `bodyLimit`, … */
export type StreamRouteOptions = Omit<
  RouteShorthandOptions,
  'handler' | 'validatorCompiler' | 'serializerCompiler' | 'exposeHeadRoute' | 'schema'
>

/** What {@link fastifySse} takes. */
export interface FastifySseOptions extends ViewingOptions {
  /** What `run` gets as its `context`. @default undefined */
  readonly context?: (request: FastifyRequest) => MaybePromise<unknown>
  /** Route options by definition. @default {} */
  readonly routes?: Readonly<Record<string, StreamRouteOptions>>
}

const DEFAULTS = {
  heartbeatMs: 15_000,
  retryMs: 2_000,
  stallMs: 30_000,
  flushMs: 0,
  highWaterMark: 65_536,
  maxViewers: Number.POSITIVE_INFINITY,
  allowedOrigins: [],
} as const

/** The least that each number may be. 0 for `retryMs`: at once. */
const LEAST = { heartbeatMs: 1, retryMs: 0, stallMs: 1, flushMs: 0, highWaterMark: 1, maxViewers: 1 } as const

/** The longest that a timer can wait, in milliseconds (Node's, and a browser's): a longer one would ring at once. */
const MAX_TIMER_MS = 2_147_483_647

/** Options in which those that have a default are there. */
export type Checked<Options extends ViewingOptions> = Options &
  Required<Pick<ViewingOptions, keyof typeof DEFAULTS>>

/**
 * The options with their defaults.
 * @throws {FST_ERR_SLUICE_OPTION} that names the option that cannot be worked with.
 */
export function checkedOptions<Options extends ViewingOptions>(given: Options): Checked<Options> {
  const options: FastifySseOptions & Checked<Options> = { ...DEFAULTS, ...withoutUndefined(given) }
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
  if (!Number.isInteger(options.highWaterMark))
    throw new FST_ERR_SLUICE_OPTION(
      `highWaterMark has to be a whole number, and is ${options.highWaterMark}.`,
    )
  if (options.allowedOrigins !== true && !Array.isArray(options.allowedOrigins))
    throw new FST_ERR_SLUICE_OPTION(
      `allowedOrigins has to be a list or true, and is ${options.allowedOrigins}.`,
    )
  for (const name of ['owner', 'authorize', 'context'] as const) {
    if (options[name] === undefined || typeof options[name] === 'function') continue
    throw new FST_ERR_SLUICE_OPTION(`${name} has to be a function, and is ${typeof options[name]}.`)
  }
  for (const name of Object.keys(options.routes ?? {})) {
    if (Object.hasOwn(options.hub.streams, name)) continue
    throw new FST_ERR_SLUICE_OPTION(`routes.${name} is for a stream that the hub does not have.`)
  }
  return options
}

function withoutUndefined<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options
}
