// @vitest-environment jsdom
import { act, render, waitFor } from '@testing-library/react'
import { createElement, StrictMode, Suspense, use, useEffect, useLayoutEffect } from 'react'
import { expect, test, vi } from 'vitest'
import type { StreamClient } from '../../src/index.ts'
import { useStream } from '../../src/react/index.ts'
import { Tab } from './tab.ts'

const tab = new Tab()

/** The whole of what a component shows. */
const shown = (): string | null => document.body.textContent

interface AnswerProps {
  readonly client: StreamClient
  /** Starts with this as it mounts, as a page might that comes with a question. */
  readonly question?: string
  readonly inLayout?: boolean
}

function Answer({ client, question, inLayout = false }: AnswerProps) {
  const { text, start } = useStream(client, 'chat')
  const ask = (): void => {
    if (question !== undefined) start(question)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: once
  useEffect(() => void (inLayout || ask()), [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: once
  useLayoutEffect(() => void (inLayout && ask()), [])
  return text
}

interface LateAnswerProps {
  readonly client: StreamClient
  readonly streamId: string
  readonly ready: Promise<void>
}

/** React renders it, and throws that away, until it is ready. */
function LateAnswer({ client, streamId, ready }: LateAnswerProps) {
  const { text } = useStream(client, 'chat', { streamId })
  use(ready)
  return text
}

test('StrictMode: a start in an effect, or in a layout effect, is one generation', async () => {
  for (const inLayout of [false, true]) {
    const client = tab.client()
    const props = { client, question: 'why?', inLayout }
    const { unmount } = render(createElement(Answer, props), { wrapper: StrictMode })
    await waitFor(() => expect(tab.server.open.size).toBe(1))
    expect(tab.server.generations).toHaveLength(1)
    await tab.say('because')
    await waitFor(() => expect(shown()).toBe('because'))
    await act(async () => tab.server.last.complete())
    await waitFor(() => expect(tab.server.open.size).toBe(0))
    // The start of the effect that StrictMode undoes is delivered too, with the same key.
    const keys = tab.server.requests.map((request) => 'idempotencyKey' in request && request.idempotencyKey)
    expect(new Set(keys).size).toBe(1)
    unmount()
    tab.server.generations.length = 0
    tab.server.requests.length = 0
  }
})

test('StrictMode: it resumes once on mount', async () => {
  const before = tab.use()
  act(() => void before.result.current.start('x'))
  await waitFor(() => expect(before.result.current.state).toBe('streaming'))
  await tab.say('still ')
  before.unmount()
  tab.server.requests.length = 0
  const client = tab.client()
  const resume = vi.spyOn(client, 'resume')
  const attach = vi.spyOn(client, 'attach')
  const { result } = tab.use({ client }, StrictMode)
  await waitFor(() => expect(result.current.text).toBe('still '))
  expect(resume).toHaveBeenCalledOnce()
  expect(attach).not.toHaveBeenCalled()
  expect(tab.server.requests).toHaveLength(1)
})

test('a render that is thrown away leaves nothing behind', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { streamId } = tab.server.begin()
  tab.server.last.say('found')
  const client = tab.client()
  const answer = createElement(LateAnswer, { client, streamId, ready: promise })
  await act(async () => void render(createElement(Suspense, { fallback: 'later' }, answer)))
  expect(shown()).toBe('later')
  expect(tab.server.requests).toHaveLength(0)
  await act(async () => resolve())
  await waitFor(() => expect(shown()).toBe('found'))
  expect(tab.server.requests).toHaveLength(1)
})
