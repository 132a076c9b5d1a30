import type { MaybePromise } from '@sluice/core/server'
import {
  aFunction,
  checkedOptions,
  checkOption,
  InvalidOptionError,
  limitNumber,
  type OptionRule,
  type ViewingOptions as SharedOptions,
  trueOrFalse,
  VIEWING_DEFAULTS,
  VIEWING_RULES,
  type WithDefaults,
} from '@sluice/core/transport'
import type { FastifyRequest, FastifySchema, RouteShorthandOptions } from 'fastify'

/** The options of every plugin that serves streams. */
export interface ViewingOptions extends SharedOptions<FastifyRequest> {
  /**
   * Viewers of this plugin at once. One more gets 503 and `Retry-After`. @default Infinity: only the limit of the hub applies
   */
  readonly maxViewers?: number
}

/** The five routes of a definition: POST, GET of a thread, GET of a stream, DELETE of a stream, DELETE by key or thread. */
export type StreamAction = 'start' | 'latest' | 'resume' | 'cancel' | 'cancelByKey'

/** A route whose schema the application may change. */
export interface StreamRoute {
  readonly action: StreamAction
  /** The definition's name. */
  readonly stream: string
  /** The schema that the plugin has made. */
  readonly schema: FastifySchema
}

/** Options of a definition's own routes, beside the plugin's options: `config`, `preHandler`, `bodyLimit`, … */
export interface StreamRouteOptions
  extends Omit<
    RouteShorthandOptions,
    'handler' | 'validatorCompiler' | 'serializerCompiler' | 'exposeHeadRoute' | 'schema'
  > {
  /**
   * Documents the routes, for `@fastify/swagger` and similar plugins: `tags`, `security`, `description`, `deprecated`, …
   * An object completes the schema of each of the five routes, its `body` only that of the start; a function returns the
   * schema of one route. A schema is documentation here: the definition's `input` alone validates.
   * @default the tag is the name of the definition, and an operation is called `{name}_{action}`, as `chat_start`
   */
  readonly schema?: FastifySchema | ((route: StreamRoute) => FastifySchema)
  /** Keeps the routes out of the document. @default false */
  readonly hide?: boolean
}

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

const aSchema: OptionRule = {
  requirement: 'be a schema, or a function that returns one',
  fits: (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
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
  for (const [name, { schema, hide }] of Object.entries(options.routes ?? {})) {
    if (!Object.hasOwn(options.hub.streams, name)) {
      throw new InvalidOptionError(`routes.${name} is for a stream that the hub does not have.`)
    }
    checkOption(`routes.${name}.hide`, hide, trueOrFalse)
    checkOption(`routes.${name}.schema`, schema, aSchema)
  }
  return options
}
