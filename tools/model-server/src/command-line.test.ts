import { expect, test } from 'vitest'
import { readCommandLine } from './command-line.ts'
import { defaultPace } from './pace/pace.ts'

const read = (...args: readonly string[]) => readCommandLine(args)

test('without flags it has the defaults', () => {
  expect(read()).toEqual({ port: 4010, host: '127.0.0.1', ...defaultPace })
})

test('each flag sets its option', () => {
  const args = '-p 0 --host ::1 --ttft-ms 1.5 --tokens-per-second Infinity --jitter 0 --seed -3 -v'.split(' ')
  expect(read(...args)).toEqual({
    port: 0,
    host: '::1',
    ttftMs: 1.5,
    tokensPerSecond: Number.POSITIVE_INFINITY,
    jitter: 0,
    seed: -3,
    verbose: true,
  })
})

test.each([
  [['--port', '70000'], 'Expected a whole number from 0 to 65535.'],
  [['--jitter', '2'], 'Expected a number from 0 to 1.'],
  [['--tokens-per-second', '0'], 'Expected a number above 0, or Infinity.'],
  [['--seed', 'x'], 'Expected a whole number.'],
  [['--ttft-ms', ''], 'Expected a number from 0.'],
  [['--inspection-token', 'short'], 'Expected 16 or more printable ASCII characters without spaces.'],
  [['--colour'], "Unknown option '--colour'"],
])('%j is refused', (args, reason) => {
  expect(() => read(...args)).toThrow(reason)
})

test.each([['--help'], ['-h', '--port', '0']])('%s asks for help', (...args) => {
  expect(read(...args)).toBeUndefined()
})
