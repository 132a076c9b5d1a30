// @vitest-environment jsdom
import { act, render, waitFor } from '@testing-library/react'
import { Activity, createElement } from 'react'
import { expect, test, vi } from 'vitest'
import type { StreamClient } from '../../src/index.ts'
import { type UseStreamResult, useStream } from '../../src/react/index.ts'
import { Tab } from './tab.ts'

// A part of a page that is hidden keeps its state, and is unmounted for its effects: React's `<Activity>`.

const tab = new Tab()

let stream: UseStreamResult<unknown, unknown>

interface AnswerProps {
  readonly client: StreamClient
  readonly onEnd?: () => void
}

function Answer({ client, onEnd }: AnswerProps) {
  stream = useStream(client, 'chat', { onEnd })
  return stream.text
}

function page(options: Omit<AnswerProps, 'client'> = {}) {
  const client = tab.client()
  const withMode = (mode: 'visible' | 'hidden') => {
    const children = createElement(Answer, { client, ...options })
    return createElement(Activity, { mode, children })
  }
  const { rerender, container } = render(withMode('visible'))
  return { hide: () => rerender(withMode('hidden')), show: () => rerender(withMode('visible')), container }
}

test('hidden nobody reads; shown again, it goes on from what is there', async () => {
  const { hide, show, container } = page()
  act(() => void stream.start('x'))
  await waitFor(() => expect(stream.state).toBe('streaming'))
  await tab.say('one ')
  await waitFor(() => expect(container.textContent).toBe('one '))
  hide()
  expect(tab.server.open.size).toBe(0)
  await tab.say('two ')
  show()
  await waitFor(() => expect(container.textContent).toBe('one two '))
  expect(tab.server.requests.at(-1)).toMatchObject({ kind: 'resume', lastChunkId: 2 })
  expect(tab.server.generations).toHaveLength(1)
})

test('what was started while it was hidden begins when it is shown', async () => {
  const { hide, show } = page()
  hide()
  act(() => void stream.start('x'))
  // React renders it for its new properties, but tells it of no store.
  hide()
  expect(stream).toMatchObject({ isRunning: true, canRetry: false })
  expect(tab.server.requests).toHaveLength(0)
  show()
  await waitFor(() => expect(stream.state).toBe('streaming'))
  expect(tab.server.generations).toHaveLength(1)
})

test('what was stopped while it was hidden is told when it is shown', async () => {
  const onEnd = vi.fn()
  const { hide, show } = page({ onEnd })
  act(() => void stream.start('x'))
  await waitFor(() => expect(stream.state).toBe('streaming'))
  tab.server.hold()
  const stopped = stream.stop()
  hide()
  tab.server.release()
  await act(() => stopped)
  show()
  await waitFor(() => expect(stream).toMatchObject({ state: 'cancelled', isRunning: false }))
  expect(onEnd).toHaveBeenCalledOnce()
  hide()
  show()
  await act(async () => {})
  expect(onEnd).toHaveBeenCalledOnce()
})
