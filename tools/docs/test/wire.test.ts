import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
// #region wire-test
import { testWire } from '@sluice/core/testing'
import { describe, expect, test } from 'vitest'
import { app, hub, paragraphs } from '../examples/wire.ts'

testWire('paragraphs', paragraphs, { describe, test })
// #endregion

test('it has under 50 lines', () => {
  const source = readFileSync(new URL('../examples/wire.ts', import.meta.url), 'utf8')
  const [, region = ''] = /#region wire\n(.*?)\/\/ #endregion/s.exec(source) ?? []
  expect(region.split('\n').length).toBeLessThan(50)
})

test('its route answers on it, and resumes on it', async () => {
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const ask = (headers = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/ask`, { method: 'POST', headers })
  const answer = await ask()
  expect(answer.headers.get('x-format')).toBe('paragraphs-1')
  const all = await answer.text()
  expect(all.match(/^(event|data): .*$/gm)).toEqual([
    'event: open',
    'data: {"p":2}',
    'event: delta',
    'data: {"p":2,"text":"One paragraph, "}',
    'event: delta',
    'data: {"p":2,"text":"in two pieces."}',
    'event: close',
    'data: {"p":2}',
    'event: done',
    'data: {"reason":"stop"}',
  ])
  const id = /^id: (\S+:3\.0\.2)$/m.exec(all)?.[1] ?? ''
  const rest = await (await ask({ 'last-event-id': id })).text()
  expect(rest.match(/^event: .*$/gm)).toEqual(['event: close', 'event: done'])
  expect(await (await ask({ 'last-event-id': 'x' })).json()).toMatchObject({ problem: 'invalid_request' })
  await app.close()
  await hub.close()
})

test('a plugin with routes of its own', async () => {
  const { app, hub } = await import('../examples/wire-plugin.ts')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  const body = JSON.stringify({ question: 'Where?' })
  const post = (path: string): Promise<Response> =>
    fetch(`${origin}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const answer = await post('/v1/ask')
  const all = await answer.text()
  const id = /^id: (2\.0\.0)$/m.exec(all)?.[1] ?? ''
  const location = origin + answer.headers.get('location')
  const rest = await (await fetch(location, { headers: { 'last-event-id': id } })).text()
  expect(all.endsWith(rest.slice(rest.indexOf('id: ')))).toBe(true)
  expect(await (await post('/v1/ask-whole')).json()).toEqual({ text: 'Where? There.' })
  expect((await fetch(location, { method: 'DELETE' })).status).toBe(204)
  const unknown = await fetch(`${origin}/v1/ask/AAAAAAAAAAAAAAAAAAAAAA`)
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { problem: 'not_found' }])
  await app.close()
  await hub.close()
})
