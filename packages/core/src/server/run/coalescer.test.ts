import fc from 'fast-check'
import { expect, test } from 'vitest'
import { manualClock } from '../../testing/index.ts'
import { type CoalesceOptions, Coalescer, type TextEventType } from './coalescer.ts'

function gathering(options: CoalesceOptions) {
  const clock = manualClock({ stepMs: 1 })
  const appended: [TextEventType, string][] = []
  const coalescer = new Coalescer(options, clock, (type, text) => appended.push([type, text]))
  return { clock, appended, coalescer }
}

test('the first delta never waits; those that follow are joined', () => {
  const { appended, coalescer } = gathering({})
  coalescer.add('content_chunk', 'a')
  expect(appended).toEqual([['content_chunk', 'a']])
  coalescer.add('content_chunk', 'b')
  coalescer.add('content_chunk', 'c')
  expect(appended).toHaveLength(1)
  coalescer.flush()
  expect(appended[1]).toEqual(['content_chunk', 'bc'])
})

test('a delta waits for so long and no longer, however many follow it', () => {
  const { clock, appended, coalescer } = gathering({ maxDelayMs: 20 })
  coalescer.add('content_chunk', 'first')
  coalescer.add('content_chunk', 'a')
  clock.advance(15)
  coalescer.add('content_chunk', 'b')
  expect(appended).toHaveLength(1)
  clock.advance(5)
  expect(appended[1]).toEqual(['content_chunk', 'ab'])
  expect(clock.size).toBe(0)
})

test('an event has at most `maxChunks` deltas and `maxBytes` of text', () => {
  const byCount = gathering({ maxChunks: 2 })
  for (const text of ['first', 'a', 'b', 'c', 'd']) byCount.coalescer.add('content_chunk', text)
  expect(byCount.appended.map(([, text]) => text)).toEqual(['first', 'ab', 'cd'])
  const bySize = gathering({ maxBytes: 4 })
  for (const text of ['first', 'aa', 'bb', 'cc']) bySize.coalescer.add('content_chunk', text)
  expect(bySize.appended.map(([, text]) => text)).toEqual(['first', 'aabb'])
})

test('what was dropped does not come, and leaves no timer', () => {
  const { clock, appended, coalescer } = gathering({})
  coalescer.add('content_chunk', 'first')
  coalescer.add('content_chunk', 'void')
  coalescer.drop()
  expect(clock.size).toBe(0)
  coalescer.flush()
  expect(appended).toHaveLength(1)
})

test('whatever is added, its text comes out whole, in order, each kind apart', () => {
  const kind = fc.constantFrom<TextEventType>('content_chunk', 'reasoning_chunk')
  const delta = fc.tuple(kind, fc.string({ minLength: 1, maxLength: 6 }), fc.nat(30))
  const options = fc.record({
    maxChunks: fc.integer({ min: 1, max: 5 }),
    maxBytes: fc.integer({ min: 1, max: 20 }),
  })
  fc.assert(
    fc.property(fc.array(delta), options, (deltas, bounds) => {
      const { clock, appended, coalescer } = gathering({ ...bounds, maxDelayMs: 20 })
      for (const [type, text, pauseMs] of deltas) {
        coalescer.add(type, text)
        clock.advance(pauseMs)
      }
      coalescer.flush()
      const joined = (pairs: readonly (readonly [TextEventType, string])[]): string =>
        pairs.map(([type, text]) => [...text].map((unit) => `${type[0]}${unit}`).join('')).join('')
      expect(joined(appended)).toBe(joined(deltas.map(([type, text]) => [type, text])))
      expect(clock.size).toBe(0)
    }),
  )
})
