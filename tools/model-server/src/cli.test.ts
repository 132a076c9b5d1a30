import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import OpenAI from 'openai'
import { afterEach, expect, test } from 'vitest'
import { readAll } from '../test/support.ts'
import { plainTable, referenceTables } from './reference-tables.ts'
import { startModelServer } from './server.ts'

const cli = fileURLToPath(new URL('cli.ts', import.meta.url))
// The tests need no build, and neither does the command here.
const onSources = ['--conditions=sluice-source']
const run = promisify(execFile)

let child: ChildProcess | undefined
afterEach(() => child?.kill('SIGKILL'))

/** Starts the command and hands out what it prints, line by line. */
function start(...args: string[]) {
  const started = spawn(process.execPath, [...onSources, cli, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child = started
  const lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]()
  const line = async (): Promise<string> => (await lines.next()).value ?? ''
  return { started, line }
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'it prints its URL, answers, reports, and stops at %s',
  async (signal) => {
    const { started, line } = start(
      '--port',
      '0',
      '--ttft-ms',
      '0',
      '--tokens-per-second',
      'Infinity',
      '--verbose',
    )
    const [, baseURL] = /^Model server on http:\S+ \(baseURL (http:\S+\/v1)\)$/.exec(await line()) ?? []
    const [, token] = /^Inspection token: (\S{32})$/.exec(await line()) ?? []
    const inspect = (authorization: string) =>
      fetch(new URL('/_requests', baseURL), { headers: { authorization } })
    expect((await inspect(`Bearer ${token}`)).status).toBe(200)
    expect((await inspect('Bearer any')).status).toBe(401)
    const client = new OpenAI({ apiKey: 'x', baseURL: baseURL!, maxRetries: 0 })
    const completion = await client.chat.completions.create({
      model: 'sluice-echo',
      messages: [{ role: 'user', content: 'over there' }],
    })
    expect(completion.choices[0]?.message.content).toBe('over there')
    expect(await line()).toMatch(/^POST \/v1\/chat\/completions 200 completed 2 tokens \d+ ms$/)

    // A response that never ends must not keep it from stopping.
    const options = { headers: { 'x-model-fault': 'stall' } }
    const request = {
      model: 'gpt-5',
      messages: [{ role: 'user' as const, content: 'x' }],
      stream: true as const,
    }
    const stream = await client.chat.completions.create(request, options)
    const exit = once(started, 'exit')
    started.kill(signal)
    expect(await exit).toEqual([0, null])
    expect((await readAll(Promise.resolve(stream))).error).toBeInstanceOf(Error)
  },
)

test('a taken port is said in words', async () => {
  const server = await startModelServer()
  const failed = run(process.execPath, [...onSources, cli, '--port', String(server.port)])
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: `Port ${server.port} is taken. Choose another with --port, or --port 0 for a free one.\n`,
  })
  await server.close()
})

test('--help has every option with its default, and the tables', async () => {
  const { stdout } = await run(process.execPath, [...onSources, cli, '--help'])
  const help = stdout.replace(/\s+/g, ' ')
  for (const text of [
    '(default: 4010)',
    '(default: "127.0.0.1")',
    '(default: 250)',
    '(default: 60)',
    '0.3',
    '--seed',
  ]) {
    expect(help).toContain(text)
  }
  for (const table of referenceTables) expect(stdout).toContain(plainTable(table))
})
