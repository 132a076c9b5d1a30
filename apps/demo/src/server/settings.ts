import { StartError } from './start-error.ts'

/** Where answers come from. */
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

/** What the environment says about this server. */
export interface Settings {
  readonly host: string
  readonly port: number
  readonly logLevel: string
  readonly model: ModelSettings
}

const DEFAULT_MODEL = 'gpt-5-mini'
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** @throws {StartError} that names the variable and says what to write instead. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  return {
    host: value(env.HOST) ?? 'localhost',
    port: port(value(env.PORT) ?? '3000'),
    logLevel: logLevel(value(env.LOG_LEVEL) ?? 'warn'),
    model: modelSettings(env),
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

function port(text: string): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number <= 65_535) return number
  throw new StartError(
    `PORT has to be a whole number from 0 to 65535, and is "${text}". Try: PORT=3001 npm start`,
  )
}

function logLevel(text: string): string {
  if (LOG_LEVELS.includes(text)) return text
  throw new StartError(`LOG_LEVEL has to be one of ${LOG_LEVELS.join(', ')}, and is "${text}".`)
}

function url(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new StartError(`OPENAI_BASE_URL has to be a URL like http://localhost:11434/v1, and is "${text}".`)
}
