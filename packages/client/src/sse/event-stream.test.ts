import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventStreamParser } from './event-stream.ts'

type Found = readonly ['data', string] | readonly ['retry', number]

function found(pieces: readonly string[]): Found[] {
  const all: Found[] = []
  const parser = new EventStreamParser({
    onData: (data) => all.push(['data', data]),
    onRetry: (retryMs) => all.push(['retry', retryMs]),
  })
  for (const piece of pieces) parser.feed(piece)
  return all
}

/** The same by a parser of the whole algorithm. */
function foundElsewhere(pieces: readonly string[]): Found[] {
  const all: Found[] = []
  const parser = createParser({
    onEvent: ({ data }) => all.push(['data', data]),
    onRetry: (retryMs) => all.push(['retry', retryMs]),
  })
  for (const piece of pieces) parser.feed(piece)
  return all
}

/** Lines, ends of lines and what stands between them, as a server or an enemy may write them. */
const stream = fc
  .array(
    fc.constantFrom(
      ...[
        '\n',
        '\r',
        '\r\n',
        '\n\n',
        'data',
        'data:',
        'data: ',
        'data:  x',
        'retry: 5',
        'retry:07',
        'retry: x',
      ],
      ...[
        'retry',
        'id: 1',
        'id: \u0000',
        'event: y',
        ': comment',
        ':',
        ' data: z',
        'dat',
        'a: b',
        'né 漢',
        'Data: 1',
      ],
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''))

test('finds what a parser of the whole algorithm finds, however the stream is cut', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat({ max: 200 }), { maxLength: 8 }), (text, cuts) => {
      const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b), text.length]
      const pieces = places.slice(1).map((end, index) => text.slice(places[index], end))
      expect(found(pieces)).toEqual(foundElsewhere([text]))
      expect(found([...text])).toEqual(foundElsewhere([text]))
    }),
    { numRuns: Number(process.env.SLUICE_RUNS ?? 2_000) },
  )
})

test('knows how much of an event waits for its end', () => {
  const parser = new EventStreamParser({ onData: () => {}, onRetry: () => {} })
  parser.feed('data: 12345\ndata: 67')
  expect(parser.pending).toBe('12345'.length + 'data: 67'.length)
  parser.feed('\n\n')
  expect(parser.pending).toBe(0)
})
