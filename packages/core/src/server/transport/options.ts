import { inspect } from 'node:util'
import { MAX_TIMER_MS } from '../clock.ts'
import type { Authorize } from '../hub/access.ts'
import type { Hub } from '../hub/hub.ts'
import type { MaybePromise } from '../log/log.ts'
import { InvalidOptionError } from './errors.ts'

/** The options that every transport takes. `Request` is what the framework calls a request. */
export interface ViewingOptions<Request = unknown> {
  /** Starts and keeps the streams. Shared by all plugins of an application. */
  readonly hub: Hub
  /**
   * Names the owner of a request. `undefined` is refused: 401 over SSE, close code 4501 over WebSocket. Without owners,
   * every client that knows a stream's 128-bit id, or its thread, may read and cancel the stream, and limits per owner
   * do not apply: the server warns of it at start. `false` says that this is intended.
   */
  readonly owner?: ((request: Request) => MaybePromise<string | undefined>) | false
  /** Decides on each access to a stream that exists. @default the owner of the stream may do everything */
  readonly authorize?: Authorize
  /**
   * Origins of other sites whose pages may use these routes, or `true` for all of them, `null` included. Pages of the
   * server's own host are always allowed.
   * @default []
   */
  readonly allowedOrigins?: readonly string[] | true
  /**
   * Whether a request without `Origin` is allowed. Programs that are not browsers send none.
   * @default true, except for a WebSocket with a cookie: a proxy may have dropped the `Origin` of a browser
   */
  readonly allowMissingOrigin?: boolean
  /** Whether `Origin: null` is allowed: a page in a sandbox, or from a file. @default false */
  readonly allowNullOrigin?: boolean
  /**
   * How long a connection may be silent before the server sends a sign of life, in milliseconds: a comment over SSE, a
   * `ping` over WebSocket. A WebSocket client that sends nothing before the next `ping` is disconnected.
   * @default 15_000
   */
  readonly heartbeatMs?: number
  /**
   * Mean of the random wait (±50 %) that the server asks clients for before they reconnect, in milliseconds: `retry:`
   * over SSE, `retry_after` over WebSocket.
   * @default 2_000
   */
  readonly retryMs?: number
  /**
   * How long a viewer may read nothing before it is disconnected, in milliseconds. Over WebSocket it is a stream that
   * is detached; a socket that takes no bytes at all for that long is closed.
   * @default 30_000
   */
  readonly stallMs?: number
  /**
   * How long an event may wait for more events, in milliseconds: fewer, larger writes. The first events of a stream and
   * its terminal event never wait. @default 0: events leave at the end of the turn of the event loop in which they came
   */
  readonly flushMs?: number
  /** Unsent bytes of a connection above which its viewers wait. @default 65_536 */
  readonly highWaterMark?: number
}

/** The defaults of {@link ViewingOptions}. */
export const VIEWING_DEFAULTS = {
  allowedOrigins: [],
  allowNullOrigin: false,
  heartbeatMs: 15_000,
  retryMs: 2_000,
  stallMs: 30_000,
  flushMs: 0,
  highWaterMark: 65_536,
} as const satisfies Partial<ViewingOptions>

/** A condition on the value of an option. */
export interface OptionRule {
  /** Completes the sentence "{option} has to …". */
  readonly requirement: string
  readonly isRequired?: boolean
  fits(value: unknown): boolean
}

/** The rules of some options, by the names of the options. */
export type OptionRules = Readonly<Record<string, OptionRule>>

/** A time in milliseconds, as long as a timer can wait. */
export function time(least = 1): OptionRule {
  return {
    requirement: `be a number of at most ${MAX_TIMER_MS} and at least ${least}`,
    fits: (value) => typeof value === 'number' && value >= least && value <= MAX_TIMER_MS,
  }
}

/** A whole number: of bytes, or of things that a client is told the number of. */
export function wholeNumber(least = 1): OptionRule {
  return {
    requirement: `be a whole number of at least ${least}`,
    fits: (value) => Number.isSafeInteger(value) && (value as number) >= least,
  }
}

/** A whole number of things that may exist at once, or `Infinity`. */
export const limitNumber: OptionRule = {
  requirement: 'be a whole number of at least 1, or Infinity',
  fits: (value) => value === Number.POSITIVE_INFINITY || wholeNumber().fits(value),
}

export const aFunction: OptionRule = {
  requirement: 'be a function',
  fits: (value) => typeof value === 'function',
}

const aFunctionOrFalse: OptionRule = {
  requirement: 'be a function, or false',
  fits: (value) => value === false || typeof value === 'function',
}

export const trueOrFalse: OptionRule = {
  requirement: 'be true or false',
  fits: (value) => typeof value === 'boolean',
}

const originList: OptionRule = {
  requirement: 'be a list of origins, or true',
  fits: (value) =>
    value === true || (Array.isArray(value) && value.every((origin) => typeof origin === 'string')),
}

const aHub: OptionRule = {
  requirement: 'be a hub, from createHub()',
  isRequired: true,
  fits: (value) => typeof (value as Partial<Hub> | null)?.start === 'function',
}

/** The rules of {@link ViewingOptions}. */
export const VIEWING_RULES = {
  hub: aHub,
  owner: aFunctionOrFalse,
  authorize: aFunction,
  allowedOrigins: originList,
  allowMissingOrigin: trueOrFalse,
  allowNullOrigin: trueOrFalse,
  heartbeatMs: time(),
  // 0: at once.
  retryMs: time(0),
  stallMs: time(),
  flushMs: time(0),
  highWaterMark: wholeNumber(),
} as const satisfies Record<keyof ViewingOptions, OptionRule>

/** Options together with their defaults: an option that has a default is present. */
export type WithDefaults<Options, Defaults> = Options &
  Required<Pick<Options, keyof Options & keyof Defaults>>

/**
 * The given options, completed with the defaults. An option that is `undefined` counts as not given.
 * @throws InvalidOptionError that names the option, if a value does not fit its rule
 */
export function checkedOptions<Options extends object, Defaults extends Partial<Options>>(
  given: Options,
  defaults: Defaults,
  rules: OptionRules,
): WithDefaults<Options, Defaults> {
  const defined = Object.entries(given).filter(([, value]) => value !== undefined)
  const options = { ...defaults, ...(Object.fromEntries(defined) as Options) }
  for (const [name, rule] of Object.entries(rules)) {
    checkOption(name, options[name as keyof Options], rule)
  }
  return options as WithDefaults<Options, Defaults>
}

/** @throws InvalidOptionError that names the option, if its value does not fit the rule */
export function checkOption(name: string, value: unknown, rule: OptionRule): void {
  if ((value === undefined && rule.isRequired !== true) || rule.fits(value)) return
  throw new InvalidOptionError(`${name} has to ${rule.requirement}, and is ${shown(value)}.`)
}

function shown(value: unknown): string {
  return inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 100 })
}
