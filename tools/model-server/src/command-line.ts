import { parseArgs } from 'node:util'
import { defaultPace } from './pace/pace.ts'
import { plainTable, referenceTables } from './reference-tables.ts'
import type { ModelServerOptions } from './server.ts'

/** The options of a server that the command line sets, and whether each request is reported when it ends. */
export interface CommandLineOptions extends ModelServerOptions {
  readonly verbose?: boolean
}

/** The port that the command listens on unless told otherwise. */
export const defaultPort = 4010

const { ttftMs, tokensPerSecond, jitter, seed } = defaultPace

interface Flag {
  readonly short?: string
  /** The placeholder for the value in the help. */
  readonly value: string
  readonly meaning: string
  readonly option: keyof ModelServerOptions
  /** `undefined`: the server makes it. */
  readonly default: string | number | undefined
  /** The value out of its text. @throws {Error} if the text makes no sense */
  readonly read: (text: string) => string | number
}

const FLAGS: Readonly<Record<string, Flag>> = {
  port: {
    short: 'p',
    value: '<port>',
    meaning: 'TCP port; 0 takes a free one',
    option: 'port',
    default: defaultPort,
    read: number(0, 65_535, true),
  },
  host: {
    value: '<address>',
    meaning: 'address to listen on',
    option: 'host',
    default: '127.0.0.1',
    read: (text) => text,
  },
  'ttft-ms': {
    value: '<ms>',
    meaning: 'time to the first token, in milliseconds',
    option: 'ttftMs',
    default: ttftMs,
    read: number(0),
  },
  'tokens-per-second': {
    value: '<n>',
    meaning: 'tokens per second; Infinity for no limit',
    option: 'tokensPerSecond',
    default: tokensPerSecond,
    read: rate,
  },
  jitter: {
    value: '<share>',
    meaning: 'how much a gap may differ from the mean gap, 0 to 1',
    option: 'jitter',
    default: jitter,
    read: number(0, 1),
  },
  seed: {
    value: '<n>',
    meaning: 'the seed of the jitter',
    option: 'seed',
    default: seed,
    read: number(undefined, undefined, true),
  },
  'inspection-token': {
    value: '<token>',
    meaning: 'bearer token for /_requests, /_answers and /_scripts',
    option: 'inspectionToken',
    default: undefined,
    read: token,
  },
}

/**
 * Reads the command line. `undefined`: it asks for help.
 *
 * @throws {Error} for a flag that is not known, and for a value that makes no sense, in a sentence for the user
 */
export function readCommandLine(args: readonly string[]): CommandLineOptions | undefined {
  const flags = Object.entries(FLAGS).map(
    ([name, { short }]) =>
      [name, { type: 'string' as const, ...(short !== undefined && { short }) }] as const,
  )
  const { values } = parseArgs({
    args: withNegativeNumbers(args),
    options: {
      ...Object.fromEntries(flags),
      verbose: { type: 'boolean', short: 'v' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return undefined
  const given: Readonly<Record<string, unknown>> = values
  const options = Object.entries(FLAGS).map(([name, flag]) => {
    const text = given[name]
    return [flag.option, typeof text === 'string' ? readValue(name, flag, text) : flag.default]
  })
  return { ...Object.fromEntries(options), ...(values.verbose === true && { verbose: true }) }
}

/** The text that `--help` prints. */
export function helpText(): string {
  const rows = Object.entries(FLAGS).map(([name, flag]) => {
    const short = flag.short === undefined ? '' : `-${flag.short}, `
    return [
      `${short}--${name} ${flag.value}`,
      `${flag.meaning} (default: ${flag.default === undefined ? 'a random one' : JSON.stringify(flag.default)})`,
    ] as const
  })
  const all = [
    ...rows,
    ['-v, --verbose', 'report each request when it ends'],
    ['-h, --help', 'show this'],
  ] as const
  return [
    'Usage: sluice-model-server [options]\n',
    'A local server that speaks OpenAI’s API (Chat Completions, Responses, Models), Anthropic’s Messages API and Gemini’s.\n',
    plainTable({ title: 'Options', columns: ['option', 'meaning'], rows: all }),
    '',
    referenceTables.map(plainTable).join('\n\n'),
  ].join('\n')
}

/** `parseArgs` takes `-3` for a flag unless it is joined to its own. */
function withNegativeNumbers(args: readonly string[]): string[] {
  const joined: string[] = []
  for (const arg of args) {
    const flag = /^-\d/.test(arg) && joined.at(-1)?.startsWith('--') ? joined.pop() : undefined
    joined.push(flag === undefined ? arg : `${flag}=${arg}`)
  }
  return joined
}

function readValue(name: string, flag: Flag, text: string): string | number {
  try {
    return flag.read(text)
  } catch (error) {
    throw new Error(`--${name}: ${error instanceof Error ? error.message : error}`)
  }
}

/** Reads a number within bounds. */
function number(min = -Infinity, max = Infinity, whole = false): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    const isValid = Number.isFinite(value) && value >= min && value <= max
    if (isValid && (!whole || Number.isInteger(value))) return value
    const kind = whole ? 'a whole number' : 'a number'
    const bounds = [Number.isFinite(min) && `from ${min}`, Number.isFinite(max) && `to ${max}`]
    throw new Error(`${[`Expected ${kind}`, ...bounds.filter(Boolean)].join(' ')}.`)
  }
}

function rate(text: string): number {
  const value = Number(text)
  if (value > 0) return value
  throw new Error('Expected a number above 0, or Infinity.')
}

function token(text: string): string {
  if (/^[\x21-\x7e]{16,}$/.test(text)) return text
  throw new Error('Expected 16 or more printable ASCII characters without spaces.')
}
