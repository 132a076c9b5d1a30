// @vitest-environment jsdom
import { act, render } from '@testing-library/react'
import { createElement, Profiler } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { StreamClient } from '../../src/index.ts'
import { type UseStreamResult, useStream } from '../../src/react/index.ts'
import { Tab } from './tab.ts'

const tab = new Tab()

let commits = 0
let streams: UseStreamResult<unknown, unknown>[]

beforeEach(() => {
  vi.useFakeTimers()
  streams = []
})
afterEach(() => {
  vi.useRealTimers()
})

interface AnswerProps {
  readonly client: StreamClient
  readonly index: number
}

function Answer({ client, index }: AnswerProps) {
  const stream = useStream(client, 'chat', { resume: `${index}` })
  streams[index] = stream
  return stream.text
}

async function renderAnswers(count: number) {
  const client = tab.client()
  const answers = Array.from({ length: count }, (_, index) =>
    createElement(Answer, { client, index, key: index }),
  )
  const onRender = () => {
    commits += 1
  }
  const rendered = render(createElement(Profiler, { id: 'answers', onRender }, answers))
  await act(async () => {
    for (const stream of streams) stream.start('x')
  })
  await act(async () => vi.advanceTimersToNextFrame())
  expect(tab.server.generations).toHaveLength(count)
  commits = 0
  return rendered
}

test('whatever comes within a frame is one render, of all hooks together', async () => {
  const { container } = await renderAnswers(3)
  let expected = ['', '', '']
  for (let frame = 1; frame <= 5; frame++) {
    for (let token = 0; token < 20; token++)
      await act(async () => {
        for (const [index, generation] of tab.server.generations.entries())
          generation.say(`${index}${token} `)
      })
    expect(container.textContent).toBe(expected.join(''))
    expected = tab.server.generations.map(({ text }) => text)
    await act(async () => vi.advanceTimersToNextFrame())
    expect(container.textContent).toBe(expected.join(''))
    expect(commits).toBe(frame)
  }
})

test('the end is shown at once, and is the last render', async () => {
  const { container } = await renderAnswers(1)
  await act(async () => tab.server.last.say('all'))
  expect(commits).toBe(0)
  await act(async () => tab.server.last.complete())
  expect(streams[0]).toMatchObject({ state: 'completed', text: 'all' })
  expect(container.textContent).toBe('all')
  await act(async () => vi.runAllTimers())
  expect(commits).toBe(1)
})

test('a frame that was asked for is not rendered after the unmount', async () => {
  const { unmount } = await renderAnswers(1)
  await act(async () => tab.server.last.say('never seen'))
  await act(async () => unmount())
  expect(vi.getTimerCount()).toBe(0)
})
