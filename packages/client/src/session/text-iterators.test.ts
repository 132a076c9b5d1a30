import type { StreamEvent } from '@sluice/core'
import { describe, expect, test, vi } from 'vitest'
import { complete, content, log, retry, start } from '../../test/events.ts'
import { scripted } from '../../test/scripted-transport.ts'
import { until } from '../../test/until.ts'
import type { Delta } from './stream-session.ts'

const { transport, client, tick } = scripted()

describe('text() and deltas()', () => {
  test('a stream_retry shortens the text at once, and resets what was rendered', async () => {
    const session = client().start('chat', null)
    const texts: string[] = []
    const deltas: Delta[] = []
    const both = Promise.all([
      (async () => {
        for await (const text of session.text()) texts.push(text)
      })(),
      (async () => {
        for await (const delta of session.deltas()) deltas.push(delta)
      })(),
    ])
    const connection = (await transport.connection()).accept()
    for (const event of [
      start(),
      content(2, 'keep '),
      content(3, 'void'),
      retry(4, 2),
      content(5, 'good'),
      complete(6),
    ]) {
      connection.send(event)
      await until(session, ({ lastChunkId }) => lastChunkId === event.chunk_id)
      await tick()
    }
    connection.drop()
    await both
    expect(texts).toEqual(['keep ', 'keep void', 'keep ', 'keep good'])
    expect(deltas).toEqual([{ append: 'keep ' }, { append: 'void' }, { reset: 'keep ' }, { append: 'good' }])
  })

  test('a consumer that was away gets one step, and the right one', async () => {
    const session = client().start('chat', null)
    const deltas = session.deltas()
    const connection = (await transport.connection()).accept().send(start(), content(2, 'ab'))
    expect((await deltas.next()).value).toEqual({ append: 'ab' })
    // Void and longer again, while the consumer is busy: by its length alone it would look like a continuation.
    connection.send(retry(3, 1), content(4, 'xyz'))
    await until(session, ({ lastChunkId }) => lastChunkId === 4)
    connection.send(content(5, '!'), complete(6)).drop()
    await session.done
    expect((await deltas.next()).value).toEqual({ reset: 'xyz!' })
    expect((await deltas.next()).done).toBe(true)
  })

  test('many may read, one may stop, and a slow one holds nothing up', async () => {
    const session = client({ queueLimit: 1 }).start('chat', null)
    const slow = session.text()
    const quitter = (async () => {
      for await (const text of session.text()) return text
    })()
    const connection = (await transport.connection()).accept()
    connection.send(...log('a', 'b')).drop()
    expect(await quitter).toBe('ab')
    await session.done
    expect(await Array.fromAsync(slow)).toEqual(['ab'])
  })
})

describe('the events’ consumer', () => {
  test('is one, from the first event on', async () => {
    const session = client().start('chat', null)
    const events = session[Symbol.asyncIterator]()
    expect(() => session[Symbol.asyncIterator]()).toThrow(TypeError)
    ;(await transport.connection())
      .accept()
      .send(...log('a'))
      .drop()
    await session.done
    expect((await events.next()).value).toEqual(start())

    const late = client().start('chat', null)
    ;(await transport.connection())
      .accept()
      .send(...log('a'))
      .drop()
    await late.done
    expect(() => late[Symbol.asyncIterator]()).toThrow(/one consumer, from the first/)
  })

  test('that is slow stops the reading, and nothing is lost or counted as silence', async () => {
    const session = client({ queueLimit: 4, silenceMs: 1_000 }).start('chat', null)
    const events = session[Symbol.asyncIterator]()
    const connection = (await transport.connection()).accept()
    const whole = log(...'abcdefgh')
    for (const event of whole) connection.send(event)
    await until(session, ({ state }) => state === 'paused')
    expect(session.snapshot.lastChunkId).toBe(4)
    const { reads } = connection
    await vi.advanceTimersByTimeAsync(60_000)
    expect(connection.reads).toBe(reads)
    expect(connection.signal.aborted).toBe(false)

    const got: StreamEvent[] = []
    for (let event = await events.next(); !event.done; event = await events.next()) got.push(event.value)
    expect(got).toEqual(whole)
    connection.drop()
    await session.done
  })

  test('that leaves its loop holds nobody up', async () => {
    const session = client({ queueLimit: 2 }).start('chat', null)
    const left = (async () => {
      for await (const event of session) return event
    })()
    const connection = (await transport.connection()).accept()
    for (const event of log(...'abcdefgh')) connection.send(event)
    expect(await left).toEqual(start())
    connection.drop()
    expect((await session.done).text).toBe('abcdefgh')
  })

  test('has processed an event when it asks for the next; without one, what came is processed', async () => {
    const session = client().start('chat', null)
    const events = session[Symbol.asyncIterator]()
    const connection = (await transport.connection()).accept().send(start(), content(2, 'a'))
    await events.next()
    expect(connection.processed).toEqual([])
    await events.next()
    expect(connection.processed).toEqual([1])
    session.detach()

    const eager = client().start('chat', null)
    const second = (await transport.connection()).accept().send(start(), content(2, 'a'))
    await until(eager, ({ lastChunkId }) => lastChunkId === 2)
    expect(second.processed).toEqual([2])
    eager.detach()
  })
})
