import { Command, InvalidArgumentError } from 'commander'
import { defaultPace } from './pace/pace.ts'
import { plainTable, referenceTables } from './referenceTables.ts'
import type { ModelServerOptions } from './server.ts'

/** What the command line says. */
export interface CommandLineOptions extends ModelServerOptions {
  /** Whether each request is reported when it ends. */
  readonly verbose?: boolean
}

/** The port that the command listens on unless told otherwise. */
export const defaultPort = 4010

/**
 * Describes the command line.
 *
 * @param run - is called with what was asked for
 */
export function commandLine(run: (options: CommandLineOptions) => Promise<void>): Command {
  const { ttftMs, tokensPerSecond, jitter, seed } = defaultPace
  return new Command('sluice-model-server')
    .description('A local server that speaks OpenAI’s API: Chat Completions, Responses and Models.')
    .option('-p, --port <port>', 'TCP port; 0 takes a free one', number(0, 65_535, true), defaultPort)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--ttft-ms <ms>', 'time to the first token, in milliseconds', number(0), ttftMs)
    .option('--tokens-per-second <n>', 'tokens per second; Infinity for no limit', rate, tokensPerSecond)
    .option('--jitter <share>', 'how much a gap may differ from the mean gap, 0 to 1', number(0, 1), jitter)
    .option('--seed <n>', 'what the jitter is drawn from', number(undefined, undefined, true), seed)
    .option('-v, --verbose', 'report each request when it ends')
    .showHelpAfterError('Run with --help for all options.')
    .addHelpText('after', () => `\n${referenceTables.map(plainTable).join('\n\n')}`)
    .action(run)
}

/** Reads a number within bounds. */
function number(min = -Infinity, max = Infinity, whole = false): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value)))
      return value
    const kind = whole ? 'a whole number' : 'a number'
    const bounds = [Number.isFinite(min) && `from ${min}`, Number.isFinite(max) && `to ${max}`].filter(
      Boolean,
    )
    throw new InvalidArgumentError(`${[`Expected ${kind}`, ...bounds].join(' ')}.`)
  }
}

function rate(text: string): number {
  const value = Number(text)
  if (value > 0) return value
  throw new InvalidArgumentError('Expected a number above 0, or Infinity.')
}
