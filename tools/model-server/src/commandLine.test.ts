import { expect, test } from 'vitest'
import { type CommandLineOptions, commandLine } from './commandLine.ts'
import { defaultPace } from './pace/pace.ts'

/** What the command would run with. */
async function read(...args: string[]): Promise<CommandLineOptions | undefined> {
  let options: CommandLineOptions | undefined
  const command = commandLine(async (read) => {
    options = read
  })
  const silent = { writeErr: () => undefined }
  await command.exitOverride().configureOutput(silent).parseAsync(args, { from: 'user' })
  return options
}

test('without flags it has the defaults', async () => {
  expect(await read()).toEqual({ port: 4010, host: '127.0.0.1', ...defaultPace })
})

test('each flag sets its option', async () => {
  const args = '-p 0 --host ::1 --ttft-ms 1.5 --tokens-per-second Infinity --jitter 0 --seed -3 -v'.split(' ')
  expect(await read(...args)).toEqual({
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
  [['--colour'], "unknown option '--colour'"],
])('%j is refused', async (args, reason) => {
  await expect(read(...args)).rejects.toThrow(reason)
})
