import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { startModelServer } from '@sluice/model-server'
import { afterEach, expect, test } from 'vitest'
import { Visitor } from './server/support/visitor.ts'

const main = fileURLToPath(new URL('../src/server/main.ts', import.meta.url))

interface Demo {
  readonly process: ChildProcessByStdio<null, Readable, Readable>
  /** Everything it has written so far. */
  readonly output: () => string
  /** Its URL, once it has said it. @throws {Error} with its output if it ends before */
  readonly url: Promise<string>
  /** Code or signal, once it has ended. */
  readonly exit: Promise<number | NodeJS.Signals>
}

const running: Demo[] = []
afterEach(async () => {
  for (const { process } of running) process.kill('SIGKILL')
  await Promise.all(running.splice(0).map(({ exit }) => exit))
})

function start(env: Readonly<Record<string, string>>): Demo {
  const { OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL, HOST, LOG_LEVEL, DATA_DIR, ...inherited } =
    process.env
  const child = spawn(process.execPath, ['--conditions=sluice-source', main], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const exit = once(child, 'close').then(([code, signal]) => code ?? signal)
  const url = new Promise<string>((resolve, reject) => {
    const read = (text: Buffer) => {
      output += text
      const found = /http:\/\/\S+:\d+/.exec(output)?.[0]
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void exit.then((code) => reject(new Error(`It ended with ${code}:\n${output}`)))
  })
  // Not every test asks for it.
  url.catch(() => {})
  const demo = { process: child, output: () => output, url, exit }
  running.push(demo)
  return demo
}

/** Asks a question, as a new visitor. */
async function ask(url: string, question: string): Promise<Response> {
  const visitor = await Visitor.arrive(url)
  return visitor.start(await visitor.begin(question))
}

test('without a key it answers from the local model server, and says so', async () => {
  const demo = start({ PORT: '0' })
  const url = await demo.url
  expect(url).toMatch(/^http:\/\/localhost:\d+$/)
  expect((await fetch(url)).headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await (await fetch(`${url}/api/me`)).json()).toMatchObject({
    models: [
      { id: 'gpt-5-mini' },
      { id: 'sluice-reasoning' },
      { id: 'sluice-tools' },
      { id: 'sluice-long-4k' },
    ],
    source: 'local model server',
    lab: { provider: null, kill: expect.stringContaining('demo:cluster') },
  })
  expect(demo.output()).toContain('local model server')
})

test('OPENAI_BASE_URL and OPENAI_MODEL say who answers', async () => {
  const model = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
  const demo = start({ PORT: '0', OPENAI_BASE_URL: model.baseURL, OPENAI_MODEL: 'sluice-echo' })
  const answer = await (await ask(await demo.url, 'parrot')).text()
  expect(answer).toContain('"content":"par')
  expect(model.requests.map(({ body }) => body)).toMatchObject([{ model: 'sluice-echo', stream: true }])
  await model.close()
})

test('a taken port is a line that says how to choose another', async () => {
  const other = createServer().listen(0, 'localhost')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const demo = start({ PORT: String(port) })
  expect(await demo.exit).toBe(1)
  expect(demo.output()).toBe(`Port ${port} is taken. Choose another: PORT=${port + 1} npm start\n`)
  other.close()
})

test('a bad setting is a line that says what to write instead', async () => {
  const demo = start({ PORT: 'abc' })
  expect(await demo.exit).toBe(1)
  expect(demo.output()).toBe(
    'PORT has to be a whole number from 0 to 65535, and is "abc". Try: PORT=3001 npm start\n',
  )
})

test('so is an address that this machine does not have', async () => {
  const demo = start({ PORT: '0', HOST: '203.0.113.1' })
  expect(await demo.exit).toBe(1)
  expect(demo.output()).toBe(
    'HOST is "203.0.113.1", which is not an address of this machine. Try: HOST=0.0.0.0 npm start\n',
  )
})

test('SIGTERM while an answer runs: it is told so, and the process ends within its deadline', async () => {
  const demo = start({ PORT: '0' })
  const response = await ask(await demo.url, 'logging')
  const events = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('content_chunk')) text += (await events.read()).value
  const asked = performance.now()
  demo.process.kill('SIGTERM')
  for (let read = await events.read(); !read.done; read = await events.read()) text += read.value
  expect(text).toMatch(/"type":"stream_error".*"error_type":"shutting_down".*\n\n$/)
  expect(await demo.exit).toBe(0)
  // Three seconds for answers that run, and some for a slow machine to end a process.
  expect(performance.now() - asked).toBeLessThan(8_000)
})

test('a second Ctrl-C does not wait', async () => {
  const demo = start({ PORT: '0' })
  const response = await ask(await demo.url, 'logging')
  const asked = performance.now()
  demo.process.kill('SIGINT')
  while (!demo.output().includes('Ctrl-C again')) await once(demo.process.stdout, 'data')
  demo.process.kill('SIGINT')
  expect(await demo.exit).toBe(130)
  expect(performance.now() - asked).toBeLessThan(2_000)
  await response.body!.cancel().catch(() => {})
})
