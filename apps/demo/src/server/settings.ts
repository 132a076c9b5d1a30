import { isIP } from 'node:net'
import type { BudgetLimits } from './operations/budget.ts'
import { StartError } from './start-error.ts'

/** The provider of answers. */
export type ModelSettings =
  /** A model server of our own, in this process. */
  | { readonly source: 'local'; readonly model: string }
  | { readonly source: 'openai'; readonly model: string; readonly apiKey: string }
  /** Any server that speaks OpenAI's wire: Ollama, vLLM, a gateway. */
  | {
      readonly source: 'compatible'
      readonly model: string
      readonly apiKey: string
      readonly baseURL: string
    }

/** The settings of this server, from the environment. */
export interface Settings {
  readonly host: string
  readonly port: number
  readonly logLevel: string
  readonly model: ModelSettings
  /** The folder of the conversations; `undefined`: they are in memory. */
  readonly dataDir: string | undefined
  /** Signs the visitors' cookies; `undefined`: one is made. */
  readonly sessionSecret: string | undefined
  /** The URL of the Redis that holds the streams; `undefined`: they are in memory. */
  readonly redisUrl: string | undefined
  /** How long an instance may be silent before others take its streams for dead, in milliseconds. */
  readonly leaseMs: number
  /** This process's name, for people. */
  readonly instance: string
  /** The number of proxies in front: this many addresses of `X-Forwarded-For` are trusted. */
  readonly trustProxy: number
  /** Whether visitors may kill this process: something has to start it anew. */
  readonly isKillable: boolean
  /** How many tokens may be spent at the provider in a day. */
  readonly budget: BudgetLimits
  /** The host names that this server has, beside `localhost` and addresses. */
  readonly hostNames: readonly string[]
}

const DEFAULT_MODEL = 'gpt-5-mini'
/** For a provider that somebody pays: a long conversation of each of ten visitors, and nobody's ruin. */
const PAID = { perVisitor: '100000', inAll: '1000000' }
const UNLIMITED = 'unlimited'
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** @throws {StartError} that names the variable and says what to write instead. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const host = value(env.HOST) ?? 'localhost'
  const model = modelSettings(env)
  const unset = model.source === 'local' ? { perVisitor: UNLIMITED, inAll: UNLIMITED } : PAID
  return {
    host,
    port: wholeNumber('PORT', value(env.PORT) ?? '3000', 0, 65_535, 'Try: PORT=3001 npm start'),
    logLevel: logLevel(value(env.LOG_LEVEL) ?? 'warn'),
    model,
    dataDir: env.DATA_DIR === 'memory' ? undefined : value(env.DATA_DIR),
    sessionSecret: sessionSecret(value(env.SESSION_SECRET)),
    redisUrl: redisUrl(value(env.REDIS_URL)),
    leaseMs: wholeNumber('LEASE_MS', value(env.LEASE_MS) ?? '15000', 500, 300_000),
    instance: value(env.INSTANCE) ?? 'demo',
    trustProxy: wholeNumber('TRUST_PROXY', value(env.TRUST_PROXY) ?? '0', 0, 10),
    isKillable: wholeNumber('LAB_KILL', value(env.LAB_KILL) ?? '0', 0, 1) === 1,
    budget: {
      perVisitor: tokens('TOKENS_PER_VISITOR', value(env.TOKENS_PER_VISITOR) ?? unset.perVisitor),
      inAll: tokens('TOKENS_IN_ALL', value(env.TOKENS_IN_ALL) ?? unset.inAll),
    },
    hostNames: [...(isIP(host) === 0 ? [host] : []), ...hostNames(value(env.ALLOWED_HOSTS))],
  }
}

function modelSettings(env: Readonly<Record<string, string | undefined>>): ModelSettings {
  const model = value(env.OPENAI_MODEL) ?? DEFAULT_MODEL
  const apiKey = value(env.OPENAI_API_KEY)
  const baseURL = value(env.OPENAI_BASE_URL)
  // Local servers do not look at the key, but the client does not go without.
  if (baseURL !== undefined)
    return { source: 'compatible', model, apiKey: apiKey ?? 'none', baseURL: url(baseURL) }
  return apiKey === undefined ? { source: 'local', model } : { source: 'openai', model, apiKey }
}

/** A variable that is set to nothing is one that is not set: that is what `.env` files and shells mean by it. */
function value(text: string | undefined): string | undefined {
  const trimmed = text?.trim()
  return trimmed === '' ? undefined : trimmed
}

function wholeNumber(name: string, text: string, least: number, most: number, hint = ''): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= least && number <= most) return number
  throw new StartError(
    `${name} has to be a whole number from ${least} to ${most}, and is "${text}".${hint && ` ${hint}`}`,
  )
}

function tokens(name: string, text: string): number {
  if (text === UNLIMITED) return Number.POSITIVE_INFINITY
  return wholeNumber(name, text, 1, 1e12, `Or: ${name}=${UNLIMITED}`)
}

function hostNames(text = ''): string[] {
  const names = text.split(',').flatMap((name) => name.trim().toLowerCase() || [])
  for (const name of names) {
    if (!/^\.?[a-z\d-]+(\.[a-z\d-]+)*$/.test(name)) {
      throw new StartError(
        `ALLOWED_HOSTS has to be names like demo.example.org,.example.net without scheme and port, and has "${name}".`,
      )
    }
  }
  return names
}

function sessionSecret(text: string | undefined): string | undefined {
  if (text === undefined || text.length >= 32) return text
  throw new StartError(
    'SESSION_SECRET has to have 32 characters at least. Try: SESSION_SECRET=$(openssl rand -hex 32)',
  )
}

function redisUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol)) return text
  throw new StartError('REDIS_URL has to be a URL like redis://localhost:6379, and is none.')
}

function logLevel(text: string): string {
  if (LOG_LEVELS.includes(text)) return text
  throw new StartError(`LOG_LEVEL has to be one of ${LOG_LEVELS.join(', ')}, and is "${text}".`)
}

function url(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new StartError(`OPENAI_BASE_URL has to be a URL like http://localhost:11434/v1, and is "${text}".`)
}
