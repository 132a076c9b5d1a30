import { createElement, StrictMode } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test, vi } from 'vitest'
import { createClient, sse } from '../../src/index.ts'
import { StreamingChat, type UseStreamOptions, useStream } from '../../src/react/index.ts'

// This file runs in Node, without a DOM.

const fetch = vi.fn<typeof globalThis.fetch>()
const storage = {
  getItem: vi.fn<() => null>(),
  setItem: vi.fn<() => void>(),
  removeItem: vi.fn<() => void>(),
}
const client = createClient({ transport: sse({ url: 'https://example.org/streams', fetch }), storage })

function Answer(options: UseStreamOptions) {
  const { text, state, isRunning, session } = useStream(client, 'chat', options)
  return JSON.stringify({ text, state, isRunning, session })
}

test('rendered on a server it is idle, begins nothing, and warns of nothing', async () => {
  const warnings = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn')]
  const answer = createElement(Answer, { streamId: 'stream-1' })
  const chat = createElement(StreamingChat, { client, name: 'chat', toInput: (text: string) => text })
  const html = renderToString(createElement(StrictMode, null, answer, chat))
  expect(html).toContain(
    '{&quot;text&quot;:&quot;&quot;,&quot;state&quot;:&quot;idle&quot;,&quot;isRunning&quot;:false}',
  )
  expect(html).toContain('<p role="status"></p>')
  await null
  expect(fetch).not.toHaveBeenCalled()
  expect(storage.getItem).not.toHaveBeenCalled()
  for (const warning of warnings) expect(warning).not.toHaveBeenCalled()
})
