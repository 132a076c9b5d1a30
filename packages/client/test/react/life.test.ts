// @vitest-environment jsdom

import { StreamingError } from '@sluice/core'
import { act, renderHook, waitFor } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { useStream } from '../../src/react/index.ts'
import { Tab } from './tab.ts'

const tab = new Tab()

test('unmounting detaches, and the generation goes on; the next mount finds it', async () => {
  const onEnd = vi.fn()
  const first = tab.use({ onEnd })
  act(() => void first.result.current.start('x'))
  await waitFor(() => expect(first.result.current.state).toBe('streaming'))
  await tab.say('one ')
  first.unmount()
  expect(tab.server.open.size).toBe(0)
  await tab.say('two ')
  const second = tab.use({ onEnd })
  await waitFor(() => expect(second.result.current).toMatchObject({ text: 'one two ', isRunning: true }))
  expect(tab.server.generations).toHaveLength(1)
  expect(onEnd).not.toHaveBeenCalled()
  await act(async () => tab.server.last.complete())
  await waitFor(() => expect(onEnd).toHaveBeenCalledOnce())
  second.unmount()
  const third = tab.use()
  await act(async () => {})
  expect(third.result.current.state).toBe('idle')
})

test('a mount finds also what was started, and never answered', async () => {
  tab.server.hold()
  const first = tab.use()
  act(() => void first.result.current.start('x'))
  await waitFor(() => expect(tab.server.requests).toHaveLength(1))
  first.unmount()
  tab.server.release()
  const second = tab.use()
  await waitFor(() => expect(second.result.current.streamId).toBe('stream-1'))
  expect(tab.server.generations).toHaveLength(1)
})

test('resume: another key is another place, and false is none', async () => {
  const { result, rerender } = tab.use({ resume: 'left' })
  act(() => void result.current.start('a'))
  await waitFor(() => expect(result.current.streamId).toBe('stream-1'))
  rerender({ resume: 'right' })
  expect(result.current).toMatchObject({ state: 'idle', session: undefined })
  act(() => void result.current.start('b'))
  await waitFor(() => expect(result.current.streamId).toBe('stream-2'))
  rerender({ resume: 'left' })
  await waitFor(() => expect(result.current).toMatchObject({ streamId: 'stream-1', state: 'streaming' }))
  rerender({ resume: false })
  expect(result.current.state).toBe('idle')
  act(() => void result.current.start('c'))
  await waitFor(() => expect(result.current.streamId).toBe('stream-3'))
  expect(tab.storage.size).toBe(2)
  rerender({ resume: 'right', name: 'poem' })
  expect(result.current.state).toBe('idle')
})

test('streamId: followed from its beginning, on mount and whenever it changes', async () => {
  const one = tab.server.begin()
  const two = tab.server.begin()
  one.say('first')
  two.say('second')
  const { result, rerender } = tab.use({ streamId: one.streamId })
  await waitFor(() => expect(result.current.text).toBe('first'))
  rerender({ streamId: two.streamId })
  await waitFor(() => expect(result.current.text).toBe('second'))
  expect(tab.server.open.size).toBe(1)
  rerender({})
  expect(result.current).toMatchObject({ state: 'idle', text: '' })
  expect(tab.storage.size).toBe(0)
})

test('streamId and what is remembered: the same stream is forgotten at its end, another is left alone', async () => {
  const before = tab.use()
  act(() => void before.result.current.start('x'))
  await waitFor(() => expect(before.result.current.state).toBe('streaming'))
  before.unmount()
  const other = tab.use({ streamId: tab.server.begin().streamId })
  await waitFor(() =>
    expect(other.result.current).toMatchObject({ state: 'streaming', streamId: 'stream-2' }),
  )
  act(() => other.result.current.dismiss())
  expect(tab.storage.size).toBe(1)
  const same = tab.use({ streamId: 'stream-1' })
  await waitFor(() => expect(same.result.current).toMatchObject({ state: 'streaming', streamId: 'stream-1' }))
  await act(async () => tab.server.generations[0]?.complete())
  expect(same.result.current.state).toBe('completed')
  expect(tab.storage.size).toBe(0)
  expect(tab.server.requests).toHaveLength(3)
})

test('streamId that names what is followed already, or goes when something else is, changes nothing', async () => {
  const other = tab.server.begin()
  const { result, rerender } = tab.use({ streamId: other.streamId })
  await waitFor(() => expect(result.current.state).toBe('streaming'))
  act(() => void result.current.start('x'))
  await waitFor(() => expect(result.current.streamId).toBe('stream-2'))
  const { session } = result.current
  rerender({ streamId: 'stream-2' })
  rerender({ streamId: 'stream-2' })
  expect(result.current.session).toBe(session)
  act(() => void result.current.start('y'))
  await waitFor(() => expect(result.current.streamId).toBe('stream-3'))
  rerender({})
  expect(result.current).toMatchObject({ streamId: 'stream-3', isRunning: true })
})

test('a change of client goes on from what is there', async () => {
  const onEnd = vi.fn()
  const { result, rerender } = tab.use({ onEnd })
  act(() => void result.current.start('x'))
  await waitFor(() => expect(result.current.state).toBe('streaming'))
  await tab.say('one ')
  await waitFor(() => expect(result.current.text).toBe('one '))
  const client = tab.client()
  rerender({ client, onEnd })
  expect(result.current).toMatchObject({ text: 'one ', streamId: 'stream-1', isRunning: true })
  await tab.say('two')
  await waitFor(() => expect(result.current.text).toBe('one two'))
  expect(tab.server.requests).toMatchObject([{ kind: 'start' }, { kind: 'resume', lastChunkId: 2 }])
  expect(tab.server.open.size).toBe(1)
  await act(async () => tab.server.last.complete())
  await waitFor(() => expect(result.current.state).toBe('completed'))
  rerender({ client: tab.client(), onEnd })
  expect(result.current).toMatchObject({ state: 'completed', text: 'one two' })
  expect(onEnd).toHaveBeenCalledOnce()
  expect(tab.storage.size).toBe(0)
})

test('another server begins the answer anew: it is followed there, also by another client and by the next mount', async () => {
  const onEnd = vi.fn()
  const props = { resume: 'here', onEnd }
  const first = tab.use(props)
  act(() => void first.result.current.start('x'))
  await waitFor(() => expect(first.result.current.state).toBe('streaming'))
  await tab.say('a long text of old')
  await act(async () => tab.server.takeOver())
  await tab.say('new ')
  await waitFor(() => expect(first.result.current).toMatchObject({ text: 'new ', streamId: 'stream-2' }))
  // In the very moment that the successor is known, and not yet read.
  await act(async () => {
    tab.server.takeOver()
    first.rerender({ ...props, client: tab.client() })
  })
  await tab.say('newer ')
  await waitFor(() => expect(first.result.current).toMatchObject({ text: 'newer ', streamId: 'stream-3' }))
  first.unmount()
  const second = tab.use(props)
  await waitFor(() => expect(second.result.current).toMatchObject({ text: 'newer ', isRunning: true }))
  expect(onEnd).not.toHaveBeenCalled()
  await act(async () => tab.server.last.complete())
  await waitFor(() => expect(onEnd).toHaveBeenCalledOnce())
  expect(tab.storage.size).toBe(0)
})

test('a client made in each render is a waste, and no endless loop', async () => {
  const { result } = renderHook(() => useStream(tab.client(), 'chat'))
  act(() => void result.current.start('x'))
  await waitFor(() => expect(tab.server.generations).toHaveLength(1))
  await tab.say('even so')
  await waitFor(() => expect(result.current.text).toBe('even so'))
  expect(tab.server.generations).toHaveLength(1)
})

test('a change of client before the answer came is no second generation', async () => {
  const { result, rerender } = tab.use({ resume: false })
  tab.server.hold()
  act(() => void result.current.start('x'))
  await waitFor(() => expect(tab.server.requests).toHaveLength(1))
  rerender({ resume: false, client: tab.client() })
  await waitFor(() => expect(tab.server.requests).toHaveLength(2))
  tab.server.release()
  await waitFor(() => expect(result.current.state).toBe('streaming'))
  expect(tab.server.generations).toHaveLength(1)
})

test('a change to a client that knows nothing of a start that was found: nothing to follow', async () => {
  tab.server.hold()
  const first = tab.use()
  act(() => void first.result.current.start('x'))
  await waitFor(() => expect(tab.server.requests).toHaveLength(1))
  first.unmount()
  const { result, rerender } = tab.use()
  await waitFor(() => expect(result.current.isRunning).toBe(true))
  rerender({ client: tab.server.client() })
  await waitFor(() => expect(result.current).toMatchObject({ state: 'idle', isRunning: false }))
  tab.server.release()
})

test('what is started at once goes before what there is to find, for good', async () => {
  const { streamId } = tab.server.begin()
  const { result, rerender } = tab.use({ streamId })
  act(() => void result.current.start('x'))
  await waitFor(() => expect(result.current.streamId).toBe('stream-2'))
  act(() => result.current.dismiss())
  rerender({ streamId, client: tab.client() })
  expect(result.current.session).toBeUndefined()
})

test('a change of client while it is being stopped waits for what becomes of it', async () => {
  for (const refusal of [undefined, new StreamingError('permission_denied')]) {
    const { result, rerender, unmount } = tab.use()
    act(() => void result.current.start('x'))
    await waitFor(() => expect(result.current.state).toBe('streaming'))
    tab.server.hold()
    const stopped = result.current.stop().catch(() => {})
    rerender({ client: tab.client() })
    tab.server.refusal = refusal
    tab.server.release()
    await act(() => stopped)
    const state = refusal === undefined ? 'cancelled' : 'streaming'
    await waitFor(() => expect(result.current.state).toBe(state))
    // One start in each round; what is read after it is the tail, or by the new client.
    expect(tab.server.requests.at(-1)?.kind).toBe('resume')
    expect(result.current.isRunning).toBe(refusal !== undefined)
    unmount()
  }
})

test('a start while the one before is being stopped is shown, whatever comes of that', async () => {
  const { result, rerender } = tab.use()
  act(() => void result.current.start('one'))
  await waitFor(() => expect(result.current.state).toBe('streaming'))
  tab.server.hold()
  const stopped = result.current.stop()
  rerender({ client: tab.client() })
  act(() => void result.current.start('two'))
  await waitFor(() => expect(tab.server.generations).toHaveLength(2))
  tab.server.release()
  await act(() => stopped)
  await waitFor(() => expect(result.current).toMatchObject({ state: 'streaming', streamId: 'stream-2' }))
})

test('unmounted while it is being stopped: nothing is left, whatever the server says', async () => {
  for (const refusal of [undefined, new StreamingError('permission_denied')]) {
    const { result, unmount } = tab.use()
    act(() => void result.current.start('x'))
    await waitFor(() => expect(result.current.state).toBe('streaming'))
    const { session } = result.current
    tab.server.hold()
    const stopped = result.current.stop().catch(() => {})
    unmount()
    tab.server.refusal = refusal
    tab.server.release()
    await stopped
    expect(await session?.done).toMatchObject(
      refusal === undefined ? { state: 'cancelled' } : { detached: true },
    )
    expect(tab.server.open.size).toBe(0)
  }
})

test('started after the unmount, it is delivered, and nobody reads it; it can be stopped', async () => {
  const { result, unmount } = tab.use()
  unmount()
  const session = result.current.start('late')
  expect(await session.done).toMatchObject({ detached: true, streamId: 'stream-1', text: '' })
  expect(tab.server.generations).toHaveLength(1)
  await result.current.stop()
  expect(tab.server.last.ended).toBe(true)
})

test.each([
  ['resume', { resume: 'a' }, { resume: 'b' }],
  ['name', { name: 'chat' }, { name: 'poem' }],
  ['streamId', { streamId: 'stream-1' }, { streamId: 'stream-2' }],
])('another %s: no render shows anything of the conversation before', async (_, before, after) => {
  tab.server.begin().say('of A')
  tab.server.begin()
  tab.storage.setItem('sluice:a', '{"name":"chat","streamId":"stream-1"}')
  tab.storage.setItem('sluice:chat', '{"name":"chat","streamId":"stream-1"}')
  const client = tab.server.client(tab.storage)
  const renders: [unknown, string, unknown][] = []
  const { result, rerender } = renderHook(
    ({ name = 'chat', ...options }: { name?: string; resume?: string; streamId?: string }) => {
      const stream = useStream(client, name, options)
      renders.push([options.resume ?? options.streamId ?? name, stream.text, stream.session])
      return stream
    },
    { initialProps: before },
  )
  await waitFor(() => expect(result.current.text).toBe('of A'))
  const { start } = result.current
  renders.length = 0
  rerender(after as typeof before)
  await act(async () => {})
  expect(renders[0]).toEqual([Object.values(after)[0], '', undefined])
  expect(renders.map(([, text]) => text)).not.toContain('of A')
  expect(result.current.start).toBe(start)
})

test('a stream that the storage remembers and the server has forgotten: idle, without a word, and not asked for again', async () => {
  tab.storage.setItem('sluice:chat', '{"name":"chat","streamId":"stream-of-a-dead-server"}')
  const onEnd = vi.fn()
  const { result } = tab.use({ onEnd })
  await waitFor(() => expect(tab.server.requests).toHaveLength(1))
  await waitFor(() => expect(result.current).toMatchObject({ state: 'idle', isRunning: false, error: null }))
  expect(result.current.session).toBeUndefined()
  expect(onEnd).not.toHaveBeenCalled()
  expect(tab.storage.size).toBe(0)
})

test('a stream that the application names and the server has forgotten: an error, though the storage has it too', async () => {
  tab.storage.setItem('sluice:chat', '{"name":"chat","streamId":"stream-of-a-dead-server"}')
  const onEnd = vi.fn()
  const { result } = tab.use({ streamId: 'stream-of-a-dead-server', onEnd })
  await waitFor(() => expect(result.current).toMatchObject({ state: 'error', error: { type: 'not_found' } }))
  expect(onEnd).toHaveBeenCalledTimes(1)
  expect(tab.storage.size).toBe(0)
})

test('a server that has lost its log in mid-answer: the text stays, and it can be tried again', async () => {
  const { result } = tab.use()
  act(() => void result.current.start('x'))
  await waitFor(() => expect(result.current.state).toBe('streaming'))
  await tab.say('so far')
  await waitFor(() => expect(result.current.text).toBe('so far'))
  await act(async () => tab.server.restart())
  await waitFor(() => expect(result.current.state).toBe('error'))
  expect(result.current).toMatchObject({
    text: 'so far',
    canRetry: true,
    error: { type: 'producer_lost', recoverable: true },
  })
})
