// @vitest-environment jsdom

import { StreamingError } from '@sluice/core'
import { act, waitFor } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { Tab } from './tab.ts'

const tab = new Tab()

test('it is idle until something is started, and shows its text to the end', async () => {
  const { result } = tab.use()
  expect(result.current).toMatchObject({
    state: 'idle',
    text: '',
    isRunning: false,
    canRetry: false,
    streamId: null,
    error: null,
    session: undefined,
  })
  act(() => void result.current.start('hello'))
  expect(result.current).toMatchObject({ isRunning: true, text: '' })
  await waitFor(() => expect(result.current.streamId).toBe('stream-1'))
  await tab.say('Good ')
  await waitFor(() => expect(result.current).toMatchObject({ text: 'Good ', state: 'streaming' }))
  await tab.say('day.')
  tab.server.last.complete()
  await waitFor(() => expect(result.current).toMatchObject({ state: 'completed', isRunning: false }))
  expect(result.current).toMatchObject({
    text: 'Good day.',
    usage: { output_tokens: 2 },
    canRetry: true,
    snapshot: { finishReason: 'stop' },
  })
  expect(tab.server.generations.map(({ input }) => input)).toEqual(['hello'])
})

test('what it returns is the same until something changes, and its functions always are', async () => {
  const { result, rerender } = tab.use()
  const { start, stop, retry, dismiss } = result.current
  const idle = result.current
  rerender({})
  expect(result.current).toBe(idle)
  act(() => void start('x'))
  await waitFor(() => expect(result.current.streamId).toBe('stream-1'))
  expect(result.current).toMatchObject({ start, stop, retry, dismiss })
})

test('another start detaches the one before, which goes on unseen', async () => {
  const { result } = tab.use()
  act(() => void result.current.start('one'))
  await waitFor(() => expect(result.current.state).toBe('streaming'))
  const [first] = tab.server.generations
  act(() => void result.current.start('two'))
  expect(result.current).toMatchObject({ text: '', streamId: null, isRunning: true })
  await waitFor(() => expect(result.current.streamId).toBe('stream-2'))
  expect(tab.server.open.size).toBe(1)
  expect(first?.ended).toBe(false)
  first?.say('not here')
  await tab.say('here')
  await waitFor(() => expect(result.current.text).toBe('here'))
})

test('an input that is no JSON throws in the call of `start`, and changes nothing', async () => {
  const { result } = tab.use()
  act(() => void result.current.start('good'))
  await waitFor(() => expect(result.current.state).toBe('streaming'))
  expect(() => result.current.start(() => {})).toThrow(TypeError)
  await tab.say('still here')
  await waitFor(() => expect(result.current).toMatchObject({ text: 'still here', isRunning: true }))
})

test('stop: the generation ends, and the state says so', async () => {
  const { result } = tab.use()
  await act(() => result.current.stop())
  act(() => void result.current.start('x'))
  await waitFor(() => expect(result.current.state).toBe('streaming'))
  await act(() => result.current.stop())
  expect(result.current).toMatchObject({ state: 'cancelled', isRunning: false })
  expect(tab.server.last.ended).toBe(true)
})

test('stop before the answer came: nothing runs afterwards', async () => {
  const { result } = tab.use()
  tab.server.hold()
  act(() => void result.current.start('x'))
  await waitFor(() => expect(tab.server.generations).toHaveLength(1))
  const stopped = result.current.stop()
  await waitFor(() => expect(result.current.snapshot.cancelling).toBe(true))
  tab.server.release()
  await act(() => stopped)
  expect(result.current).toMatchObject({ state: 'cancelled', streamId: null })
  expect(tab.server.last.ended).toBe(true)
})

test('stop that is refused rejects, and the stream goes on', async () => {
  const { result } = tab.use()
  act(() => void result.current.start('x'))
  await waitFor(() => expect(result.current.state).toBe('streaming'))
  tab.server.refusal = new StreamingError('permission_denied')
  await act(() => expect(result.current.stop()).rejects.toBe(tab.server.refusal))
  await tab.say('more')
  await waitFor(() => expect(result.current).toMatchObject({ text: 'more', isRunning: true }))
})

test('errors are StreamingErrors; retry starts with the same input, as a new generation', async () => {
  const { result } = tab.use()
  act(() => result.current.retry())
  expect(result.current.state).toBe('idle')
  const input = { question: 'why?' }
  act(() => void result.current.start(input))
  await waitFor(() => expect(result.current.state).toBe('streaming'))
  act(() => result.current.retry())
  await tab.say('half')
  tab.server.last.fail('api_error')
  await waitFor(() => expect(result.current.state).toBe('error'))
  expect(result.current.error).toBeInstanceOf(StreamingError)
  expect(result.current).toMatchObject({ text: 'half', error: { type: 'api_error', message: 'It broke.' } })
  expect(tab.server.generations).toHaveLength(1)
  act(() => result.current.retry())
  expect(result.current).toMatchObject({ text: '', error: null, isRunning: true })
  await waitFor(() => expect(result.current.streamId).toBe('stream-2'))
  expect(tab.server.generations.map((generation) => generation.input)).toEqual([input, input])
})

test('the same input is the one that was sent, whatever has become of the object', async () => {
  const { result, rerender } = tab.use({ resume: false })
  const messages = ['one']
  tab.server.hold()
  act(() => void result.current.start(messages))
  messages.push('two')
  await waitFor(() => expect(tab.server.requests).toHaveLength(1))
  rerender({ resume: false, client: tab.client() })
  await waitFor(() => expect(tab.server.requests).toHaveLength(2))
  tab.server.release()
  await waitFor(() => expect(result.current.state).toBe('streaming'))
  await act(async () => tab.server.last.complete())
  act(() => result.current.retry())
  await waitFor(() => expect(tab.server.requests).toHaveLength(3))
  expect(tab.server.requests).toEqual(Array(3).fill(expect.objectContaining({ input: '["one"]' })))
})

test('what the server refuses to start is an error', async () => {
  const { result } = tab.use({ streamId: 'no-such-stream' })
  await waitFor(() => expect(result.current).toMatchObject({ state: 'error', error: { type: 'not_found' } }))
  expect(result.current).toMatchObject({ isRunning: false, canRetry: false })
})

test('dismiss: back to idle, while it runs and after it has ended', async () => {
  const { result } = tab.use()
  act(() => result.current.dismiss())
  for (const end of [() => {}, () => tab.server.last.complete()]) {
    act(() => void result.current.start('x'))
    await waitFor(() => expect(result.current.state).toBe('streaming'))
    await tab.say('text')
    end()
    await waitFor(() => expect(result.current.text).toBe('text'))
    act(() => result.current.dismiss())
    expect(result.current).toMatchObject({ state: 'idle', text: '', session: undefined, canRetry: false })
    expect(tab.storage.size).toBe(0)
    act(() => result.current.retry())
    expect(result.current.state).toBe('idle')
  }
  expect(tab.server.generations).toHaveLength(2)
  expect(tab.server.generations[0]?.ended).toBe(false)
})

test('onEnd is told once, by the callback of the last render', async () => {
  const early = vi.fn()
  const late = vi.fn()
  const { result, rerender } = tab.use({ onEnd: early })
  act(() => void result.current.start('x'))
  await waitFor(() => expect(result.current.state).toBe('streaming'))
  rerender({ onEnd: late })
  await tab.say('all')
  tab.server.last.complete()
  await waitFor(() => expect(late).toHaveBeenCalledExactlyOnceWith(result.current.snapshot))
  expect(result.current).toMatchObject({ state: 'completed', text: 'all' })
  act(() => result.current.dismiss())
  expect(late).toHaveBeenCalledOnce()
  expect(early).not.toHaveBeenCalled()
})

test('onEnd may start the next', async () => {
  const inputs = ['two', 'three']
  const onEnd = vi.fn(() => {
    const next = inputs.shift()
    if (next !== undefined) result.current.start(next)
  })
  const { result } = tab.use({ onEnd })
  act(() => void result.current.start('one'))
  for (const id of [1, 2, 3]) {
    await waitFor(() =>
      expect(result.current).toMatchObject({ state: 'streaming', streamId: `stream-${id}` }),
    )
    await act(async () => tab.server.last.complete())
  }
  await waitFor(() => expect(result.current.state).toBe('completed'))
  expect(onEnd).toHaveBeenCalledTimes(3)
})
