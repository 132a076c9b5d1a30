import { type EventRange, Segments } from '@sluice/core/server'
import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { test } from 'tap'
import { retryField, sseFrames, sseFraming } from './framing.ts'

/** Events that begin at `first`, as a log would give them. */
function rangeOf(texts: readonly string[], first = 1): EventRange {
  const events = new Segments(undefined, first - 1)
  for (const text of texts) events.append(text)
  return events.range(first - 1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
}

function parse(frame: string): { readonly ids: (string | undefined)[]; readonly data: string[] } {
  const ids: (string | undefined)[] = []
  const data: string[] = []
  const parser = createParser({
    onEvent: (event) => {
      ids.push(event.id)
      data.push(event.data)
    },
    onError: (error) => {
      throw error
    },
  })
  parser.feed(frame)
  return { ids, data }
}

test('any JSON text comes out of a frame as it went in, however the frame is cut', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.json({ stringUnit: 'binary' }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 2 ** 40 }),
      (texts, first) => {
        const frame = Buffer.from(sseFrames.plain(rangeOf(texts, first))).toString()
        const { ids, data } = parse(frame)
        return (
          JSON.stringify(data) === JSON.stringify(texts) &&
          ids.every((id, index) => id === `${first + index}`) &&
          !frame.includes('\r')
        )
      },
    ),
  )
  t.end()
})

test('line breaks and NUL in content cannot end a field or begin another', (t) => {
  const content = 'a\nid: 99\ndata: {}\n\n\r\nevent: x\r\u0000\u2028'
  const { ids, data } = parse(
    Buffer.from(sseFrames.plain(rangeOf([JSON.stringify({ content })], 7))).toString(),
  )
  t.same(ids, ['7'])
  t.equal(JSON.parse(data[0]!).content, content)
  t.end()
})

test('a chunk has its size before it, and the same events in it', (t) => {
  for (const first of [1, 8, 99, 12_345]) {
    const range = rangeOf(['"a"', '"é€😀"', '{}'], first)
    const plain = Buffer.from(sseFrames.plain(range)).toString('latin1')
    const chunk = Buffer.from(sseFrames.chunked(range)).toString('latin1')
    t.equal(chunk, `${plain.length.toString(16)}\r\n${plain}\r\n`)
  }
  t.end()
})

test('a prefix comes before each id', (t) => {
  const { ids } = parse(Buffer.from(sseFraming('abc:').plain(rangeOf(['1', '2'], 9))).toString())
  t.same(ids, ['abc:9', 'abc:10'])
  t.end()
})

test('a reconnection time of 0 is said', (t) => {
  let retry: number | undefined
  createParser({ onRetry: (ms) => (retry = ms) }).feed(retryField(0))
  t.equal(retry, 0)
  t.end()
})
