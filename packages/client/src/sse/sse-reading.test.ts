import { StreamingError } from '@sluice/core'
import { describe, expect, test } from 'vitest'
import { SseReading } from './sse-reading.ts'

const encoder = new TextEncoder()

/** A reading of a body in these pieces, and what the body saw. */
function reading(pieces: readonly (string | Uint8Array)[], maxEventLength = 1_000) {
  const attempt = new AbortController()
  const body = { pulled: 0, cancelled: false }
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[body.pulled]
        body.pulled += 1
        if (piece === undefined) controller.close()
        else controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece)
      },
      cancel() {
        body.cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { body, attempt, reading: new SseReading(new Response(stream), attempt.signal, maxEventLength) }
}

/** All events, and how it ended. */
async function all(pieces: readonly (string | Uint8Array)[], maxEventLength?: number) {
  const { reading: read } = reading(pieces, maxEventLength)
  const events: unknown[] = []
  while (true) {
    try {
      events.push(...(await read.next()))
    } catch (error) {
      return { events, error }
    }
  }
}

describe('the algorithm of WHATWG HTML §9.2.6', () => {
  test.each([
    ['LF', 'id: 1\ndata: {"a":1}\n\ndata: {"a":2}\n\n', [{ a: 1 }, { a: 2 }]],
    ['CR', 'id: 1\rdata: {"a":1}\r\rdata: {"a":2}\r\r', [{ a: 1 }, { a: 2 }]],
    ['CRLF', 'id: 1\r\ndata: {"a":1}\r\n\r\ndata: {"a":2}\r\n\r\n', [{ a: 1 }, { a: 2 }]],
    ['a byte order mark', '\uFEFFdata: 1\n\n', [1]],
    ['a second byte order mark is part of a field’s name', '\uFEFF\uFEFFdata: 1\n\ndata: 2\n\n', [2]],
    ['comments', ': hello\n:\ndata: 1\n: in between\n\n', [1]],
    ['no space after the colon', 'data:1\n\n', [1]],
    ['several lines of data', 'data: [1,\ndata: 2]\n\n', [[1, 2]]],
    ['fields that are not known', 'data: 1\nother: x\nevenmore\n\n', [1]],
    ['an event without data is none', 'id: 3\nevent: x\n\ndata: 1\n\n', [1]],
    ['NUL in an id', 'id: 1\u00002\ndata: 1\n\n', [1]],
    ['retry that is no number', 'retry: soon\ndata: 1\n\n', [1]],
    ['an event that does not end is none', 'data: 1\n\ndata: 2\n', [1]],
    ['more than ASCII', 'data: "né 漢 👩‍👩‍👧 \u2028"\n\n', ['né 漢 👩‍👩‍👧 \u2028']],
  ])('%s, whole and byte by byte', async (_, text, expected) => {
    expect((await all([text])).events).toEqual(expected)
    const bytes = encoder.encode(text)
    expect((await all(Array.from(bytes, (byte) => Uint8Array.of(byte)))).events).toEqual(expected)
  })
})

describe('the end', () => {
  test('is a loss, and never a success', async () => {
    const { error } = await all(['data: 1\n\n'])
    expect(error).toMatchObject({ type: 'connection_lost', retryAfterMs: undefined })
  })

  test.each([
    ['alone: a refusal for now', 'retry: 1500\n\n', 1_500],
    ['zero', 'retry: 0\n\n', 0],
    ['after events: the server lets its viewers go', 'data: 1\n\nretry: 700\n\n', 700],
    ['before events: not about this end', 'retry: 1500\n\ndata: 1\n\n', undefined],
  ])('after a retry field %s', async (_, text, retryAfterMs) => {
    expect((await all([text])).error).toMatchObject({ type: 'connection_lost', retryAfterMs })
  })
})

test('nothing is read before it is asked for', async () => {
  const { body, reading: read } = reading(['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n'])
  expect(body.pulled).toBe(0)
  expect(await read.next()).toEqual([1])
  expect(body.pulled).toBe(1)
})

test('heartbeats are signs of life', async () => {
  const { reading: read } = reading([': ping\n\n', 'data: 1\n\n'])
  expect(await read.next()).toEqual([])
  expect(await read.next()).toEqual([1])
})

test('what came before an event that is not JSON is whole', async () => {
  const { events, error } = await all(['data: 1\n\ndata: {"a\n\ndata: 2\n\n'])
  expect(events).toEqual([1])
  expect(error).toMatchObject({ type: 'connection_lost', cause: expect.any(SyntaxError) })
})

test('an event that is too long is final', async () => {
  const { events, error } = await all(['data: 1\n\n', `data: "${'x'.repeat(200)}`], 100)
  expect(events).toEqual([1])
  expect(error).toMatchObject({ type: 'protocol_error', recoverable: false })
})

test('abort cancels the body', async () => {
  const { attempt, body, reading: read } = reading(['data: 1\n\n'])
  await read.next()
  attempt.abort()
  await expect(read.next()).rejects.toBeInstanceOf(StreamingError)
  expect(body.cancelled).toBe(true)
})

test('a fetch without streams is named', () => {
  const without = () => new SseReading(new Response(null), new AbortController().signal, 100)
  expect(without).toThrow(expect.objectContaining({ type: 'protocol_error' }))
})
