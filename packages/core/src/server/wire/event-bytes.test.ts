import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Segments } from '../log/segments.ts'
import { encodeEvent, encodeText } from '../run/encode.ts'
import { eachEvent } from './each-event.ts'

/** Events as JSON texts, of which `text` is one that has to be found. */
const events = fc.array(
  fc.oneof(
    fc.record({ text: fc.string({ unit: 'binary', maxLength: 120 }), at: fc.option(fc.integer({ min: 0 })) }),
    fc.record({ data: fc.jsonValue({ stringUnit: 'binary' }) }),
    fc.record({ text: fc.string(), later: fc.jsonValue() }),
    fc.record({ quotes: fc.array(fc.constantFrom('"', '\\', 'x', '{', '}', ','), { maxLength: 200 }) }),
  ),
  { minLength: 1, maxLength: 30 },
)

test('each event of a range is found in its bytes, and the text of a text event', () => {
  fc.assert(
    fc.property(events, fc.integer({ min: 0, max: 2 ** 40 }), fc.boolean(), (made, after, isReasoning) => {
      const type = isReasoning ? 'reasoning_chunk' : 'content_chunk'
      const log = new Segments(undefined, after)
      const texts = made.map((event, index) => {
        const id = after + index + 1
        if ('data' in event) return encodeEvent(id, { type: 'data_chunk', name: 'd', data: event.data })
        if ('quotes' in event) return encodeText(type, id, event.quotes.join(''))
        if ('later' in event)
          return JSON.stringify({ type, chunk_id: id, content: event.text, later: event.later })
        return encodeText(type, id, event.text, event.at ?? undefined)
      })
      for (const text of texts) log.append(text)
      const seen: string[] = []
      const found: (string | undefined)[] = []
      eachEvent(
        log.range(after, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
        (id, json, start, end, text) => {
          expect(id).toBe(after + seen.length + 1)
          seen.push(json.toString('utf8', start, end))
          found.push(text === -1 ? undefined : json.toString('utf8', text, end - 1))
        },
      )
      expect(seen).toEqual(texts)
      expect(found).toEqual(
        made.map((event) => {
          if ('quotes' in event) return JSON.stringify(event.quotes.join(''))
          return 'text' in event && !('later' in event) ? JSON.stringify(event.text) : undefined
        }),
      )
    }),
    { numRuns: 500 },
  )
})

test('what is no JSON is refused, and nothing is read beyond it', () => {
  const log = new Segments()
  log.append('{"type":"content_chunk","chunk_id":1,"content":"never ends')
  expect(() => eachEvent(log.range(0, 1, 1000), () => {})).toThrow(RangeError)
})
