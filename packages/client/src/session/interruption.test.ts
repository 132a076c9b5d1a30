import { StreamingError } from '@sluice/core'
import { describe, expect, test, vi } from 'vitest'
import { complete, content, log, retry, start } from '../../test/events.ts'
import { scripted } from '../../test/scripted-transport.ts'
import { until } from '../../test/until.ts'
import type { Delta } from './stream-session.ts'

const { transport, client, tick } = scripted()

describe('an interruption', () => {
  test('is resumed from the last event', async () => {
    const session = client().start('chat', null)
    const events = Array.fromAsync(session)
    const whole = log('a', 'b', 'c')
    ;(await transport.connection())
      .accept()
      .send(...whole.slice(0, 3))
      .drop()
    expect((await until(session, ({ waiting }) => waiting !== null)).waiting).toMatchObject({
      for: 'retry',
      retryCount: 1,
      error: { type: 'connection_lost' },
    })
    expect(session.state).toBe('connecting')
    await tick()
    const second = await transport.connection()
    expect(second.request).toEqual({ kind: 'resume', name: 'chat', streamId: 'stream-1', lastChunkId: 3 })
    second
      .accept()
      .send(...whole.slice(3))
      .drop()
    expect(await events).toEqual(whole)
    expect(await session.done).toMatchObject({ text: 'abc', reconnects: 1, gaps: 0, repeats: 0 })
  })

  test('before the stream has an id repeats the start, with the same key', async () => {
    const session = client().start('chat', { question: 'why?' })
    const first = await transport.connection()
    first.refuse(new TypeError('fetch failed'))
    await until(session, ({ waiting }) => waiting !== null)
    await tick()
    const second = await transport.connection()
    expect(second.request).toEqual(first.request)
    second
      .accept()
      .send(...log('a'))
      .drop()
    expect((await session.done).text).toBe('a')
  })

  test('a repeat is dropped, a gap is read again', async () => {
    const session = client().start('chat', null)
    const events = Array.fromAsync(session)
    const whole = log('a', 'b', 'c', 'd')
    const first = (await transport.connection()).accept()
    first.send(whole[0], whole[1], whole[0], whole[1], whole[2], whole[4])
    await until(session, ({ gaps }) => gaps === 1)
    expect(first.signal.aborted).toBe(true)
    await tick()
    const second = await transport.connection()
    expect(second.cursor).toBe(3)
    second
      .accept()
      .send(...whole.slice(2))
      .drop()
    expect(await events).toEqual(whole)
    expect(await session.done).toMatchObject({ text: 'abcd', gaps: 1, repeats: 3 })
  })

  test('silence is one, while something is awaited', async () => {
    const session = client({ silenceMs: 1_000 }).start('chat', null)
    const first = (await transport.connection()).accept().send(start())
    await until(session, ({ lastChunkId }) => lastChunkId === 1)
    await vi.advanceTimersByTimeAsync(999)
    first.send() // a heartbeat
    await vi.advanceTimersByTimeAsync(999)
    expect(first.signal.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(first.signal.aborted).toBe(true)
    expect(session.snapshot.waiting).toMatchObject({ error: { message: 'Nothing came for 1000 ms.' } })
    await tick()
    expect((await transport.connection()).cursor).toBe(1)
    session.detach()
  })

  test('an answer to a start may take longer than one to a resume', async () => {
    const session = client({ silenceMs: 1_000, startMs: 5_000 }).start('chat', null)
    const first = await transport.connection()
    await vi.advanceTimersByTimeAsync(4_999)
    expect(first.signal.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(2)
    expect(first.signal.aborted).toBe(true)
    ;(await transport.connection()).accept().send(start()).drop()
    await until(session, ({ waiting }) => waiting !== null)
    await tick()
    const third = await transport.connection()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(third.signal.aborted).toBe(true)
    session.detach()
  })

  test('without end is given up', async () => {
    const session = client({ retry: { baseMs: 0, maxRetries: 2 } }).start('chat', null)
    for (let tries = 0; tries < 3; tries += 1) {
      ;(await transport.connection()).refuse(new TypeError('fetch failed'))
      await tick()
    }
    const { state, error } = await session.done
    expect(state).toBe('error')
    expect(error).toMatchObject({ type: 'connection_lost', retryCount: 2, recoverable: true })
  })

  test('a refusal that is final ends it, with the text that there is', async () => {
    const session = client().start('chat', null)
    const text = session.text()
    ;(await transport.connection()).accept().send(start(), content(2, 'so far')).drop()
    await until(session, ({ waiting }) => waiting !== null)
    await tick()
    ;(await transport.connection()).refuse(new StreamingError('permission_denied'))
    expect(await text.next()).toEqual({ done: false, value: 'so far' })
    await expect(text.next()).rejects.toMatchObject({ type: 'permission_denied' })
    expect(await session.done).toMatchObject({ state: 'error', text: 'so far' })
  })
})

describe('the cursor', () => {
  test('that the log no longer reaches: read from the start, without two texts spliced', async () => {
    const session = client().start('chat', null)
    const deltas: Delta[] = []
    const reading = (async () => {
      for await (const delta of session.deltas()) deltas.push(delta)
    })()
    reading.catch(() => {})
    ;(await transport.connection()).accept().send(start(), content(2, 'old ')).drop()
    await until(session, ({ waiting }) => waiting !== null)
    await tick()
    ;(await transport.connection()).refuse(new StreamingError('resume_expired'))
    const third = await transport.connection()
    expect(third.cursor).toBe(0)
    expect(session.snapshot.text).toBe('old ')
    third.accept().send(start(), content(2, 'new '))
    expect((await until(session, ({ text }) => text === 'new ')).revision).toBe(1)
    third.drop()
    await tick()
    // The log has lost what it had once more, and then the beginning too.
    ;(await transport.connection()).refuse(new StreamingError('resume_expired'))
    const fifth = await transport.connection()
    expect(fifth.cursor).toBe(0)
    fifth.refuse(new StreamingError('resume_expired'))
    await expect(reading).rejects.toMatchObject({ type: 'resume_expired' })
    expect(deltas).toEqual([{ append: 'old ' }, { reset: 'new ' }])
    expect((await session.done).state).toBe('error')
  })

  test('and the text that were kept go on together', async () => {
    const session = client().attach('chat', 'stream-1', { lastChunkId: 2, text: 'kept ' })
    expect(session.snapshot.text).toBe('kept ')
    const texts = Array.fromAsync(session.text())
    const connection = await transport.connection()
    expect(connection.cursor).toBe(2)
    connection.accept().send(content(3, 'more'), complete(4)).drop()
    expect(await texts).toEqual(['kept ', 'kept more'])
  })

  test('of a stream that has ended, at its end: that is the end', async () => {
    const session = client().attach('chat', 'stream-1', { lastChunkId: 9, text: 'whole' })
    ;(await transport.connection()).isWhole()
    expect(await session.done).toMatchObject({ state: 'completed', text: 'whole', finishReason: null })
  })

  test('a retry that reaches back beyond what was kept: read from the start', async () => {
    const session = client().attach('chat', 'stream-1', { lastChunkId: 5, text: 'void' })
    ;(await transport.connection()).accept().send(retry(6, 1))
    const second = await transport.connection()
    expect(second.cursor).toBe(0)
    second.accept().send(start(), retry(2, 1), content(3, 'valid'), complete(4)).drop()
    expect(await session.done).toMatchObject({ state: 'completed', text: 'valid' })
  })
})
