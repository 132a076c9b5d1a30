import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import type { OpenAI } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { httpError } from '../src/http-error/http-error.ts'
import { StreamingError, toStreamingError } from '../src/index.ts'
import { openaiChat } from '../src/openai/index.ts'
import { Harness, readAll } from './harness.ts'

/** A second copy of the module, as an application has whose packages bring their own. */
const SECOND = '../src/errors.ts?second'
const other = (await import(/* @vite-ignore */ SECOND)) as typeof import('../src/errors.ts')

describe('a StreamingError of another copy', () => {
  const theirs = new other.StreamingError('rate_limit', 'Later.', { retryAfterMs: 2000 })

  test('is one', () => {
    expect(other.StreamingError).not.toBe(StreamingError)
    expect(theirs).toBeInstanceOf(StreamingError)
    expect(new StreamingError('conflict')).toBeInstanceOf(other.StreamingError)
    expect(toStreamingError(theirs)).toBe(theirs)
    expect(httpError(theirs)).toBe(theirs)
  })

  test('decides on a retry, and reaches viewers', async () => {
    const harness = new Harness({ definition: { retry: { maxRetries: 0 } } })
    const { stream, attempt } = await harness.play()
    attempt.fail(theirs)
    const { events } = await readAll(stream)
    expect(events.at(-1)).toMatchObject({ error_type: 'rate_limit', message: 'Later.', retry_after: 2 })
  })

  test('is no instance of a subclass', () => {
    class Refusal extends StreamingError {}
    expect(theirs).not.toBeInstanceOf(Refusal)
    expect(new Refusal('conflict')).toBeInstanceOf(Refusal)
    expect(new Refusal('conflict')).toBeInstanceOf(other.StreamingError)
  })

  test.each([null, undefined, 'StreamingError', {}, new Error('StreamingError')])('%s is none', (value) => {
    expect(value).not.toBeInstanceOf(StreamingError)
  })
})

describe('a CommonJS application', () => {
  const require = createRequire(import.meta.url)
  const cjs = require('openai') as typeof import('openai')
  let server: Server
  let baseURL: string

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url?.startsWith('/reset')) {
        request.socket.destroy()
        return
      }
      const status = Number(request.url?.split('/')[1])
      response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '7' })
      response.end('{"error":{"message":"no","code":null}}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  test.each([
    ['429', 'rate_limit', 7000],
    ['503', 'server_overloaded', 7000],
    ['401', 'authentication', 7000],
    ['reset', 'connection_lost', undefined],
  ])('gets the same of %s through its own copy of openai: %s', async (path, type, retryAfterMs) => {
    const esm = await import('openai')
    expect(cjs.OpenAI).not.toBe(esm.OpenAI)
    for (const Client of [cjs.OpenAI, esm.OpenAI]) {
      const client = new Client({ apiKey: 'key', baseURL: `${baseURL}/${path}` }) as OpenAI
      const parts = openaiChat(client, { model: 'm', messages: [] })
      await expect(parts.next()).rejects.toMatchObject({ type, retryAfterMs })
    }
  })

  test('is told of a key with a line break', async () => {
    const client = new cjs.OpenAI({ apiKey: 'two\nlines', baseURL }) as OpenAI
    const parts = openaiChat(client, { model: 'm', messages: [] })
    await expect(parts.next()).rejects.toMatchObject({
      type: 'unexpected_error',
      recoverable: false,
      message: expect.stringContaining('set up'),
    })
  })

  test('requires the package, and shares its errors with ES modules', async () => {
    const script = `
      const { StreamingError, httpError } = require('@sluice/core')
      const own = httpError(Object.assign(new Error('no'), { status: 429 }))
      import('@sluice/core').then((esm) => {
        console.log(own instanceof esm.StreamingError, new esm.StreamingError('conflict') instanceof StreamingError)
      })`
    const run = promisify(execFile)
    const args = ['--conditions=sluice-source', '--input-type=commonjs', '--eval', script]
    const { stdout } = await run(process.execPath, args, { cwd: import.meta.dirname })
    expect(stdout.trim()).toBe('true true')
  })
})
