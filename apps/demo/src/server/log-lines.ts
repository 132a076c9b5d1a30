import type { Writable } from 'node:stream'

interface LogEntry {
  readonly level?: number
  readonly time?: number
  readonly msg?: string
  readonly err?: { readonly type?: string; readonly message?: string }
}

const NAMES: Readonly<Record<number, string>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}

/** Takes pino's JSON and writes a line that one can read: when, how bad, what, and why. */
export function readableLines(to: Writable): { write(json: string): void } {
  return { write: (json) => void to.write(`${readable(json)}\n`) }
}

function readable(json: string): string {
  const { level = 30, time = Date.now(), msg = '', err } = JSON.parse(json) as LogEntry
  const clock = new Date(time).toTimeString().slice(0, 8)
  const why = err === undefined ? [] : [`${err.type ?? 'Error'}: ${err.message ?? ''}`]
  return [`${clock} ${NAMES[level] ?? 'trace'}`, msg, ...why].join(' – ')
}
