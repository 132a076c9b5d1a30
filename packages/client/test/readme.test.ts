import { readFileSync } from 'node:fs'
import { createHub, memoryLog } from '@sluice/core/server'
import fastifySse from '@sluice/fastify-sse'
import fastifyWs from '@sluice/fastify-ws'
import Fastify from 'fastify'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { streams, words } from './examples/server.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

test.each(['page', 'reload', 'socket', 'watching', 'conversation'])(
  'the README has the example %s as it is',
  (name) => {
    expect(read('../README.md')).toContain(`\`\`\`ts\n${read(`examples/${name}.ts`)}\`\`\``)
  },
)

describe('run in a page', () => {
  const body = {
    textContent: '',
    append(text: string) {
      this.textContent += text
    },
  }
  let app: Awaited<ReturnType<typeof listen>>

  async function listen() {
    const hub = createHub({ streams, log: memoryLog() })
    const server = Fastify({ forceCloseConnections: true })
    await server.register(fastifySse, { hub, prefix: '/streams' })
    await server.register(fastifyWs, { hub, prefix: '/streams' })
    const url = await server.listen({ port: 0, host: '127.0.0.1' })
    return { hub, server, url }
  }

  beforeEach(async () => {
    vi.resetModules()
    body.textContent = ''
    app = await listen()
    const items = new Map<string, string>()
    vi.stubGlobal('location', new URL(app.url))
    vi.stubGlobal('document', { body })
    vi.stubGlobal('window', {
      sessionStorage: {
        getItem: (key: string) => items.get(key) ?? null,
        setItem: (key: string, value: string) => items.set(key, value),
        removeItem: (key: string) => items.delete(key),
      },
    })
  })
  afterEach(() => app.server.close())

  test('page: the answer is on it', async () => {
    await import('./examples/page.ts')
    expect(body.textContent).toBe(words.join(''))
  })

  test('socket: the answer is on it', async () => {
    await import('./examples/socket.ts')
    expect(body.textContent).toBe(words.join(''))
  })

  test('conversation: question and answer are on it', async () => {
    await import('./examples/conversation.ts')
    expect(body.textContent).toBe(`user: Where do I begin?\nassistant: ${words.join('')}`)
  })

  test('reload: what was asked before is there again', async () => {
    const before = await import('./examples/reload.ts')
    await before.load()
    expect(body.textContent).toBe('')
    void before.ask('Where do I begin?')
    // The page dies here: nothing of it is left but its storage.
    vi.resetModules()
    const after = await import('./examples/reload.ts')
    await after.load()
    expect(body.textContent).toBe(words.join(''))
    await after.load()
  })

  test('watching: its figures', async () => {
    const info = vi.spyOn(console, 'info').mockReturnValue()
    await import('./examples/watching.ts')
    expect(info).toHaveBeenCalledWith(expect.objectContaining({ reconnects: 0, gaps: 0, repeats: 0 }))
  })
})
