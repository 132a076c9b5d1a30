import { readProviderAnswer } from '../../http-error/provider-answer.ts'
import type { Logger } from './logger.ts'

/** The facts of an error that may be logged: they tell what failed, without prompts, answers and credentials. */
export interface ErrorFacts {
  /** The name of its class. */
  readonly name: string
  /** Cut to 200 characters; without what looks like a credential, an e-mail address, or quoted text of some length. */
  readonly message: string
  readonly code?: string | number
  /** HTTP status, if a provider answered. */
  readonly status?: number
  /** The provider's id of the request, for its support. */
  readonly requestId?: string
  /** The places in the code, without the message. */
  readonly stack?: string
  readonly cause?: ErrorFacts
}

const MAX_MESSAGE_LENGTH = 200
const MAX_FRAMES = 10
const MAX_CAUSES = 4
/** Longer messages are not looked through: a pattern may take its time. */
const MAX_CLEANED_LENGTH = 2_000

const UNSAFE: readonly (readonly [RegExp, string])[] = [
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a log line is one line
  [/[\u0000-\u001f\u007f]+/g, ' '],
  [/\b(?:bearer|basic)\s+\S+/gi, '[credential]'],
  [/\b(?:password|passwd|pwd|secret|token|authorization|api[-_]?key)\b["']?\s*[=:]\s*\S+/gi, '[credential]'],
  [/\b(?:sk|pk|rk|ghp|gho|xox[a-z]|key|token|secret|api)[-_][\w.-]{6,}/gi, '[credential]'],
  [/\bAIza[\w-]{10,}/g, '[credential]'],
  [/[\w.+-]+@[\w-]+\.[\w.]+/g, '[e-mail]'],
  [/(["'“‘`«])[^"'”’`»]{24,}["'”’`»]?/g, '$1…'],
  [/[\w+/=-]{28,}/g, '[…]'],
]

/**
 * The facts of an error that may be logged at any level. A provider's error may repeat the prompt, or the key; what
 * `run` throws may have anything in it.
 */
export function errorFacts(thrown: unknown): ErrorFacts {
  return factsOf(thrown, 0)
}

/**
 * Logs an error: its facts as an error, and all of it at `trace` only. For each error that an application's function or a
 * provider has thrown: its message may have a prompt or a credential in it.
 * @param facts - further fields of the line
 */
export function logError(logger: Logger, facts: object, thrown: unknown, message: string): void {
  logger.error({ ...facts, err: errorFacts(thrown) }, message)
  logger.trace?.(
    { ...facts, err: thrown },
    `${message}: all of the error, which may have prompts and keys in it`,
  )
}

function factsOf(thrown: unknown, depth: number): ErrorFacts {
  const error = (
    typeof thrown === 'object' && thrown !== null ? thrown : { message: String(thrown) }
  ) as Partial<Error> & {
    readonly code?: unknown
  }
  const answer = readProviderAnswer(thrown)
  const { cause, code } = error
  const facts = {
    name: nameOf(error),
    message: cleaned(answer?.message ?? (typeof error.message === 'string' ? error.message : '')),
    ...((typeof code === 'string' || typeof code === 'number') && { code: cleanedCode(code) }),
    ...(answer?.status !== undefined && { status: answer.status }),
    ...(answer?.requestId !== undefined && { requestId: answer.requestId.slice(0, MAX_MESSAGE_LENGTH) }),
    ...(typeof error.stack === 'string' && { stack: frames(error.stack) }),
    ...(cause !== undefined && depth < MAX_CAUSES && { cause: factsOf(cause, depth + 1) }),
  }
  // Without a prototype, or pino would name them by the class of this object.
  return Object.assign(Object.create(null) as object, facts)
}

function nameOf(error: object): string {
  const { name } = error as { readonly name?: unknown }
  if (typeof name === 'string' && name !== '' && name !== 'Error') return cleaned(name)
  return typeof error.constructor === 'function' && error.constructor !== Object
    ? error.constructor.name
    : 'Error'
}

function cleaned(message: string): string {
  let text = message.slice(0, MAX_CLEANED_LENGTH)
  for (const [pattern, replacement] of UNSAFE) text = text.replace(pattern, replacement)
  return text.length > MAX_MESSAGE_LENGTH ? `${text.slice(0, MAX_MESSAGE_LENGTH)}…` : text
}

function cleanedCode(code: string | number): string | number {
  return typeof code === 'string' ? cleaned(code) : code
}

function frames(stack: string): string {
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line))
  return lines.slice(0, MAX_FRAMES).join('\n')
}
