import type { AddressInfo } from 'node:net'
import { startModelServer } from '@sluice/model-server'
import { readUIMessageStream, type UIMessage } from 'ai'
import { expect, test, vi } from 'vitest'

test('the three doors of the README lead to one answer', async () => {
  const model = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
  vi.stubEnv('OPENAI_API_KEY', 'any')
  vi.stubEnv('OPENAI_BASE_URL', model.baseURL)
  const { app } = await import('../examples/doors.ts')
  const { port } = app.server.address() as AddressInfo
  const origin = `http://localhost:${port}`
  vi.stubGlobal('location', new URL(origin))
  vi.stubGlobal('document', { body: { textContent: '' } })
  const { fetch } = globalThis
  vi.stubGlobal('fetch', (url: string | URL, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    headers.set('x-user', 'ann')
    const at = new URL(url, origin)
    // The example has the port that a reader would choose.
    if (at.port === '3000') at.port = `${port}`
    return fetch(at, { ...init, headers })
  })
  const answer = model.answerFor('Where do I begin?')

  await import('../examples/door-client.ts')
  expect(document.body.textContent).toBe(answer)

  const { transport } = await import('../examples/door-use-chat.ts')
  const asked: UIMessage = { id: 'm1', role: 'user', parts: [{ type: 'text', text: 'Where do I begin?' }] }
  const chunks = await transport.sendMessages({
    ...{ chatId: 'chat1', messages: [asked], abortSignal: undefined },
    ...{ trigger: 'submit-message', messageId: undefined },
  })
  let message: UIMessage | undefined
  for await (const next of readUIMessageStream({ stream: chunks })) message = next
  expect(message?.parts).toContainEqual(expect.objectContaining({ type: 'text', text: answer }))

  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  await import('../examples/door-openai.ts')
  expect(log).toHaveBeenCalledWith(answer)
  await app.close()
  await model.close()
})
