import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { expect, test, vi } from 'vitest'

vi.setConfig({ testTimeout: 30_000 })

function originOf(app: FastifyInstance): string {
  return `http://localhost:${(app.server.address() as AddressInfo).port}`
}

/** Node's own WebSocket, which unlike a page's can be given headers. */
function openWith(app: FastifyInstance, headers: Record<string, string>): WebSocket {
  const url = `${originOf(app).replace('http', 'ws')}/streams/ws`
  return new WebSocket(url, { protocols: ['sluice.v1'], headers } as unknown as string[])
}

async function closeCode(socket: WebSocket): Promise<number> {
  return ((await once(socket, 'close')) as [CloseEvent])[0].code
}

test('a server with one WebSocket route, and its page', async () => {
  const { app } = await import('../examples/ws-server.ts')
  vi.stubGlobal('location', new URL(originOf(app)))
  vi.stubGlobal('document', { body: { textContent: '' } })
  await import('../examples/ws-page.ts')
  expect(document.body.textContent).toBe('You ask: Where do I begin?')
  vi.unstubAllGlobals()
  await app.close()
})

test('signing in: by hooks before the upgrade, and by the first message, with a token that is refreshed', async () => {
  const { app, server } = await import('../examples/ws-sign-in.ts')
  await server.listen({ port: 0 })
  vi.stubGlobal('location', new URL(originOf(server)))
  const { client } = await import('../examples/ws-sign-in-page.ts')
  const session = client.start('greeting', {})
  expect(await session.done).toMatchObject({ state: 'completed', text: 'Hello you.' })
  expect(server.sluiceConnections.list().map(({ owner }) => owner)).toEqual(['ann'])

  await app.listen({ port: 0 })
  const nobody = openWith(app, {})
  expect(await closeCode(nobody)).toBe(4501)
  const ann = openWith(app, { cookie: 'ann', origin: originOf(app) })
  await once(ann, 'open')
  ann.send(JSON.stringify({ type: 'stream_request', request_id: '1', stream: 'greeting', input: {} }))
  const said = await new Promise((resolve) => {
    ann.addEventListener('message', ({ data }) => {
      if (String(data).includes('Hello')) resolve(data)
    })
  })
  expect(said).toContain('Hello ann.')
  ann.close()
  await Promise.all([app.close(), server.close()])
})

test('recipes', async () => {
  const { app, closedWith } = await import('../examples/ws-recipes.ts')
  expect(closedWith).toBe(4000)
  const elsewhere = await fetch(`${originOf(app)}/streams/ws`, {
    headers: { origin: 'https://other.example' },
  })
  expect(elsewhere.status).toBe(403)
  await app.close()
})
