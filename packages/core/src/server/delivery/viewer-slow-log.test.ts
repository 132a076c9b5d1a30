import { describe, expect, test } from 'vitest'
import { BareStream, SlowReader } from '../../../test/fixtures.ts'
import { recordingSink, settle } from '../../testing/index.ts'

describe('a viewer of a log that answers later', () => {
  const slow = () => {
    let reader!: SlowReader
    const stream = new BareStream({}, (of) => {
      reader = new SlowReader(of)
      return reader
    })
    return { stream, reader }
  }

  test('asks for one page at a time, in order', async () => {
    const { stream, reader } = slow()
    stream.append(...'abcd')
    const sink = recordingSink()
    const viewer = sink.watch(stream.audience, { maxFrameBytes: 1 })
    for (const text of ['a', 'ab', 'abc', 'abcd']) {
      await settle()
      viewer.ready()
      await settle()
      expect(reader.asked).toBe(1)
      reader.answer()
      await settle()
      expect(sink.text).toBe(text)
    }
    expect(reader.asked).toBe(0)
    stream.end()
    await settle()
    reader.answer()
    expect(await sink.ended).toBe('ended')
  })

  test('gets nothing that was read before it was let go', async () => {
    const { stream, reader } = slow()
    stream.append('a')
    const sink = recordingSink()
    const viewer = sink.watch(stream.audience)
    await settle()
    viewer.detach()
    reader.answer()
    await settle()
    expect([sink.frames, sink.reason]).toEqual([[], 'left'])
  })

  test('is let go as failed when the log fails, and the failure is told', async () => {
    const { stream, reader } = slow()
    stream.append('a')
    const sink = recordingSink()
    sink.watch(stream.audience)
    await settle()
    const failure = new Error('connection refused')
    reader.fail(failure)
    expect(await sink.ended).toBe('failed')
    expect(stream.observed.failures.map(({ cause }) => cause)).toEqual([failure])
  })

  test('is let go as soon as it has the terminal event, not a turn later', async () => {
    const { stream, reader } = slow()
    stream.end()
    const sink = recordingSink()
    sink.watch(stream.audience)
    await settle()
    reader.answer()
    await sink.received(1)
    expect(sink.reason).toBe('ended')
  })

  test('stays within its limit and its sink’s room', async () => {
    const { stream, reader } = slow()
    stream.append(...'abcd')
    const sink = recordingSink({ room: 1 })
    const viewer = sink.watch(stream.audience, { limit: 2 })
    await settle()
    reader.answer()
    await settle()
    expect([sink.text, reader.asked]).toEqual(['ab', 0])
    viewer.allow(4)
    await settle()
    expect(reader.asked).toBe(0)
    sink.drain()
    await settle()
    reader.answer()
    await settle()
    expect(sink.text).toBe('abcd')
  })
})
