// @vitest-environment jsdom

import { act, render, renderHook, waitFor } from '@testing-library/react'
import { createElement, memo, StrictMode } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import type { Message, StoredMessage, StreamClient } from '../../src/index.ts'
import { useConversation } from '../../src/react/index.ts'
import { Tab } from './tab.ts'

const tab = new Tab()

const use = (id = 'trip', wrapper?: typeof StrictMode, client = tab.client()) =>
  renderHook((props: { id: string }) => useConversation(client, 'chat', props), {
    initialProps: { id },
    ...(wrapper && { wrapper }),
  })

const rendered: string[] = []
let send: (text: string) => unknown = () => {}

const Row = memo(function Row({ message }: { message: Message<unknown> }) {
  rendered.push(message.role)
  return createElement('p', null, message.text)
})

interface ChatProps {
  readonly client: StreamClient
  readonly messages?: readonly StoredMessage<never>[]
}

function Chat({ client, messages }: ChatProps) {
  const chat = useConversation(client, 'chat', { id: 'trip', messages })
  send = chat.send
  return chat.messages.map((message) => createElement(Row, { key: message.id, message }))
}

const texts = (messages: readonly Message<unknown>[]) => messages.map(({ text }) => text)

test('a message is there at once, and its answer grows, with one render per frame', async () => {
  let renders = 0
  const client = tab.client()
  const { result } = renderHook(() => {
    renders += 1
    return useConversation(client, 'chat', { id: 'trip' })
  })
  act(() => void result.current.send('Hello'))
  await waitFor(() => expect(texts(result.current.messages)).toEqual(['Hello', '']))
  await waitFor(() => expect(result.current.status).toBe('thinking'))
  const before = renders
  await act(async () => {
    for (let count = 0; count < 100; count++) {
      tab.server.last.say('x')
      await Promise.resolve()
    }
  })
  await waitFor(() => expect(result.current.messages[1]?.text).toHaveLength(100))
  expect(renders - before).toBeLessThan(20)
  await act(async () => tab.server.last.complete())
  await waitFor(() => expect(result.current.status).toBe('ready'))
})

test('a message that did not change is not rendered again', async () => {
  const { container } = render(createElement(Chat, { client: tab.client() }))
  act(() => void send('Hello'))
  await waitFor(() => expect(tab.server.generations).toHaveLength(1))
  await tab.say('one')
  // From the first text on, nothing but text changes.
  await waitFor(() => expect(container.textContent).toBe('Helloone'))
  rendered.length = 0
  await tab.say(' two')
  await waitFor(() => expect(container.textContent).toBe('Helloone two'))
  expect(rendered).toEqual(['assistant'])
  await act(async () => tab.server.last.complete())
})

test('the next mount finds the answer that runs, under StrictMode too, of one generation', async () => {
  const first = use('trip', StrictMode)
  act(() => void first.result.current.send('Hello'))
  await waitFor(() => expect(first.result.current.status).toBe('thinking'))
  await tab.say('one ')
  first.unmount()
  await waitFor(() => expect(tab.server.open.size).toBe(0))
  await tab.say('two')
  const second = use('trip', StrictMode)
  await waitFor(() => expect(texts(second.result.current.messages)).toEqual(['Hello', 'one two']))
  await act(async () => tab.server.last.complete())
  await waitFor(() => expect(second.result.current.status).toBe('ready'))
  expect(tab.server.generations).toHaveLength(1)
})

test('another id: no render shows anything of the conversation before', async () => {
  const client = tab.client()
  const renders: [string, number][] = []
  const { result, rerender } = renderHook(
    ({ id }) => {
      const chat = useConversation(client, 'chat', { id })
      renders.push([id, chat.messages.length])
      return chat
    },
    { initialProps: { id: 'a' } },
  )
  act(() => void result.current.send('of A'))
  await waitFor(() => expect(result.current.status).toBe('thinking'))
  rerender({ id: 'b' })
  expect(renders.filter(([id]) => id === 'b').every(([, count]) => count === 0)).toBe(true)
  expect(result.current.messages).toEqual([])
  rerender({ id: 'a' })
  await waitFor(() => expect(result.current.status).toBe('ready'))
  await tab.say('here')
  await waitFor(() => expect(texts(result.current.messages)).toEqual(['of A', 'here']))
  await act(async () => tab.server.last.complete())
})

test('on a server it renders the messages that are given, and asks for nothing', () => {
  const messages = [{ id: 'm', role: 'user', parts: [{ type: 'text', text: 'Hello' }] }] as const
  expect(renderToString(createElement(Chat, { client: tab.client(), messages }))).toBe('<p>Hello</p>')
  expect(tab.server.requests).toHaveLength(0)
})
