// @vitest-environment jsdom
import { act, waitFor } from '@testing-library/react'
import { createElement, StrictMode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { expect, test, vi } from 'vitest'
import type { StreamClient } from '../../src/index.ts'
import { useStream } from '../../src/react/index.ts'
import { Tab } from './tab.ts'

const tab = new Tab()

function Answer({ client }: { readonly client: StreamClient }) {
  const { text, state, streamId } = useStream(client, 'chat')
  return `${state} ${streamId ?? 'none'} ${text}`
}

test('hydrated it is what the server rendered, and then finds what runs', async () => {
  const { streamId } = tab.server.begin()
  tab.server.last.say('found')
  tab.storage.setItem('sluice:chat', JSON.stringify({ name: 'chat', streamId }))
  const client = tab.client()
  const element = createElement(StrictMode, null, createElement(Answer, { client }))
  const container = document.body.appendChild(document.createElement('div'))
  container.innerHTML = renderToString(element)
  const onRecoverableError = vi.fn()
  const root = await act(async () => hydrateRoot(container, element, { onRecoverableError }))
  await waitFor(() => expect(container.textContent).toBe(`streaming ${streamId} found`))
  expect(onRecoverableError).not.toHaveBeenCalled()
  await act(async () => root.unmount())
  container.remove()
})
