import { describe, expect, test } from 'vitest'
import { Harness, type HarnessOptions } from '../../../test/harness.ts'
import type { StreamEvent } from '../../events.ts'
import { settle } from '../../testing/index.ts'
import type { ReadOptions } from './event-reader.ts'
import type { StreamHandle } from './handle.ts'

async function readAll(handle: StreamHandle, options?: ReadOptions): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of handle.read(options)) events.push(event)
  return events
}

/** A stream that has ended, and what a viewer saw of it. */
async function ended(...texts: string[]) {
  const harness = new Harness()
  const { stream, sink, attempt } = await harness.play()
  attempt.push(...texts)
  attempt.finish()
  await sink.ended
  return { harness, stream, events: sink.events }
}

describe('handle.read()', () => {
  test('gives all events of a stream that has ended, and ends', async () => {
    const { stream, events, harness } = await ended('a', 'b')
    expect(await readAll(stream)).toEqual(events)
    expect(harness.hub.load.viewers).toBe(0)
  })

  test('gives what follows a cursor; nothing after the last event', async () => {
    const { stream, events } = await ended('a', 'b')
    expect(await readAll(stream, { after: 2 })).toEqual(events.slice(2))
    expect(await readAll(stream, { after: stream.last })).toEqual([])
  })

  test('waits for what has not come yet', async () => {
    const harness = new Harness()
    const { stream, sink, attempt } = await harness.play()
    const reading = readAll(stream)
    attempt.push('a')
    await attempt.taken()
    attempt.push('b')
    attempt.finish()
    expect(await reading).toEqual(sink.events)
  })

  test('takes the log piece by piece, as the loop takes events, and the run waits for it', async () => {
    const harness = new Harness({ log: { maxStreamBytes: 64 * 1024, resumeMarginBytes: 0 } })
    const stream = await harness.start()
    const attempt = await harness.source.asked()
    const events = stream.read()[Symbol.asyncIterator]()
    await events.next()
    const text = 'x'.repeat(1000)
    for (let index = 0; index < 500; index += 1) attempt.push(text)
    attempt.finish()
    await settle()
    expect(stream.last).toBeLessThan(200)
    let count = 1
    while (!(await events.next()).done) count += 1
    expect(count).toBe(502)
    expect(stream.ended).toBe(true)
  })

  test('leaves when the loop is left', async () => {
    const harness = new Harness()
    const { stream, attempt } = await harness.play()
    attempt.push('a')
    for await (const event of stream.read()) if (event.type === 'content_chunk') break
    expect(harness.hub.load.viewers).toBe(1)
  })

  test('throws the reason of its signal: what was read is not the whole', async () => {
    const harness = new Harness()
    const { stream } = await harness.play()
    const controller = new AbortController()
    const reading = readAll(stream, { signal: controller.signal })
    await settle()
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(reading).rejects.toBe(reason)
    await expect(readAll(stream, { signal: controller.signal })).rejects.toBe(reason)
    expect(harness.hub.load.viewers).toBe(1)
  })

  test('a signal that is aborted between two events is heard, though more are there', async () => {
    const { stream } = await ended('a', 'b')
    const controller = new AbortController()
    const seen: string[] = []
    const reading = (async () => {
      for await (const { type } of stream.read({ signal: controller.signal })) {
        seen.push(type)
        controller.abort()
      }
    })()
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
    expect(seen).toEqual(['stream_start'])
  })

  test('a cursor that the log cannot serve is an error of the loop', async () => {
    const { stream } = await ended('a')
    await expect(readAll(stream, { after: 99 })).rejects.toMatchObject({ type: 'resume_expired' })
    await expect(readAll(stream, { after: -1 })).rejects.toMatchObject({ type: 'invalid_request' })
  })

  /** A loop that has taken the first event of many; the others wait for it. */
  async function slowLoop(options: HarnessOptions, read: ReadOptions = {}) {
    const harness = new Harness(options)
    const stream = await harness.start()
    const attempt = await harness.source.asked()
    for (let index = 0; index < 60; index += 1) attempt.push('x'.repeat(1000))
    attempt.finish()
    await attempt.ended
    const events = stream.read(read)[Symbol.asyncIterator]()
    await events.next()
    const rest = async () => {
      while (!(await events.next()).done);
    }
    return { harness, rest }
  }

  test('a stream that the log drops while it is read is an error, never an end', async () => {
    const { harness, rest } = await slowLoop({ log: { maxStreamBytes: 128 * 1024, maxBytes: 128 * 1024 } })
    await harness.start()
    const other = await harness.source.asked()
    for (let index = 0; index < 100; index += 1) other.push('x'.repeat(1000))
    await other.taken()
    await expect(rest()).rejects.toMatchObject({ name: 'StreamingError', type: 'resume_expired' })
  })

  test('a loop that takes nothing for too long is an error', async () => {
    const { harness, rest } = await slowLoop({}, { stallMs: 5000 })
    await harness.clock.pass(5100)
    await expect(rest()).rejects.toMatchObject({ type: 'flow_control_timeout' })
  })

  test('a hub that closes ends it with an error', async () => {
    const { harness, rest } = await slowLoop({})
    const closing = harness.hub.close({ deadlineMs: 1000 })
    await harness.clock.pass(1100)
    await closing
    await expect(rest()).rejects.toMatchObject({ type: 'shutting_down' })
  })
})
