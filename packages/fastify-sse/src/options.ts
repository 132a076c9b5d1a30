import type { MaybePromise } from '@sluice/core/server'
import {
  aFunction,
  checkedOptions,
  InvalidOptionError,
  limitNumber,
  type ViewingOptions as SharedOptions,
  trueOrFalse,
  VIEWING_DEFAULTS,
  VIEWING_RULES,
  type WithDefaults,
} from '@sluice/core/transport'
import type { FastifyRequest, RouteShorthandOptions } from 'fastify'

/** The options of every plugin that serves streams. */
export interface ViewingOptions extends SharedOptions<FastifyRequest> {
  /**
   * Viewers of this plugin at once. One more gets 503 and `Retry-After`. @default Infinity: only the limit of the hub applies
   */
  readonly maxViewers?: number
}

/** Options of a definition's own routes, beside the plugin's options: `config`, `preHandler`, `bodyLimit`, … */
export type StreamRouteOptions = Omit<
  RouteShorthandOptions,
  'handler' | 'validatorCompiler' | 'serializerCompiler' | 'exposeHeadRoute' | 'schema'
>

/** Options of {@link fastifySse}. */
export interface FastifySseOptions extends ViewingOptions {
  /** Gives `run` its `context`. @default undefined */
  readonly context?: (request: FastifyRequest) => MaybePromise<unknown>
  /** Route options by definition. @default {} */
  readonly routes?: Readonly<Record<string, StreamRouteOptions>>
}

/** Options of {@link streamReply}. */
export interface StreamReplyOptions extends ViewingOptions {
  /**
   * Whether a GET without Fetch Metadata (`Sec-Fetch-Site`) may start a stream: from `curl`, an old browser, or a page
   * without TLS. A page of another site can send such a GET with the cookies of its visitor. @default false
   */
  readonly allowMissingFetchMetadata?: boolean
}

const DEFAULTS = { ...VIEWING_DEFAULTS, maxViewers: Number.POSITIVE_INFINITY } as const
const RULES = { ...VIEWING_RULES, maxViewers: limitNumber }

/** {@link ViewingOptions} with their defaults. */
export type CheckedViewing = WithDefaults<ViewingOptions, typeof DEFAULTS>

/** @throws InvalidOptionError that names the option, if a value is not valid */
export function checkedViewing(given: ViewingOptions): CheckedViewing {
  return checkedOptions(given, DEFAULTS, RULES)
}

/** @throws InvalidOptionError that names the option, if a value is not valid */
export function checkedReply(given: StreamReplyOptions): CheckedViewing & StreamReplyOptions {
  return checkedOptions(given, DEFAULTS, { ...RULES, allowMissingFetchMetadata: trueOrFalse })
}

/** @throws InvalidOptionError that names the option, if a value is not valid */
export function checkedSse(given: FastifySseOptions): WithDefaults<FastifySseOptions, typeof DEFAULTS> {
  const options = checkedOptions(given, DEFAULTS, { ...RULES, context: aFunction })
  for (const name of Object.keys(options.routes ?? {})) {
    if (Object.hasOwn(options.hub.streams, name)) continue
    throw new InvalidOptionError(`routes.${name} is for a stream that the hub does not have.`)
  }
  return options
}
