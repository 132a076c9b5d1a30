import assert from 'node:assert/strict'
import { encodeText } from '../../server/run/encode.ts'
import {
  appendTexts,
  type Must,
  NO_BOUND,
  newRecord,
  numbered,
  randomKey,
  reaches,
  terminal,
  texts,
} from './subject.ts'

/** Text that is cut wrongly as soon as somebody counts characters for bytes. */
const TEXTS = [
  'plain',
  '"quoted" \\ \n\t\u0000',
  'Zürich',
  '請問你好嗎',
  'مرحبا بالعالم',
  '👩‍👩‍👧‍👦🏳️‍🌈',
  '\u2028\u2029',
  '\ud83d alone',
]

export function defineEventCases(must: Must): void {
  must('begins empty: first is 1, last is 0, and it has not ended', async ({ create }) => {
    const writer = await create()
    assert.deepEqual([writer.first, writer.last, writer.ended, writer.full], [1, 0, false, false])
  })

  must('keeps the record as it was created', async ({ create, elsewhere }) => {
    const record = newRecord({ owner: 'ada', idempotency: { key: randomKey(), inputHash: 'h' } })
    const writer = await create(record)
    assert.deepEqual(writer.record, record)
    assert.deepEqual((await elsewhere.open(record.streamId))?.record, record)
  })

  must(
    'keeps append order, numbers events from 1 without a gap, and changes no byte',
    async ({ create, open }) => {
      const writer = await create()
      const appended = await appendTexts(writer, [...TEXTS, ...TEXTS])
      const reader = await open(writer)
      assert.equal(reader.first, 1)
      assert.equal(reader.last, appended.length)
      assert.deepEqual(texts(await reader.read(0, NO_BOUND, NO_BOUND)), appended)
    },
  )

  must('counts an event as soon as it is appended, shown or not', async ({ create, open }) => {
    const writer = await create()
    assert.equal(writer.next, 1)
    const appended: string[] = []
    for (const text of numbered(50)) {
      appended.push(encodeText('content_chunk', writer.next, text))
      assert.equal(writer.append(appended.at(-1)!), Buffer.byteLength(appended.at(-1)!))
      assert.equal(writer.next, appended.length + 1)
      assert.ok(writer.last <= appended.length)
    }
    await reaches(writer, appended.length)
    assert.deepEqual(texts(await (await open(writer)).read(0, NO_BOUND, NO_BOUND)), appended)
  })

  must('takes no event that is not the next one, and is then as it was', async ({ create, open }) => {
    const writer = await create()
    const appended = await appendTexts(writer, ['one'])
    for (const chunkId of [0, 1, 3, 20, 22]) {
      assert.throws(() => writer.append(encodeText('content_chunk', chunkId, 'no')), `append ${chunkId}`)
      assert.throws(() => writer.end(terminal(chunkId)), `end ${chunkId}`)
    }
    assert.throws(() => writer.append('{"type":"content_chunk","content":"no","chunk_id":2}'))
    assert.equal(writer.next, 2)
    appended.push(...(await appendTexts(writer, ['two'])))
    writer.end(terminal(3))
    await reaches(writer, 3)
    const events = await (await open(writer)).read(0, NO_BOUND, NO_BOUND)
    assert.deepEqual(texts(events), [...appended, terminal(3)])
  })

  must('takes events that are appended within one turn of the event loop', async ({ create, open }) => {
    const writer = await create()
    const appended = Array.from({ length: 200 }, (_, index) =>
      encodeText('content_chunk', index + 1, `${index}`),
    )
    for (const json of appended) writer.append(json)
    await reaches(writer, appended.length)
    assert.deepEqual(texts(await (await open(writer)).read(0, NO_BOUND, NO_BOUND)), appended)
  })

  must('reads after a cursor, and not beyond `through`', async ({ create, open }) => {
    const writer = await create()
    const appended = await appendTexts(writer, numbered(20))
    const reader = await open(writer)
    for (const [after, through] of [
      [0, 20],
      [0, 1],
      [7, 12],
      [19, 20],
      [5, 1000],
    ] as const) {
      const range = await reader.read(after, through, NO_BOUND)
      assert.deepEqual(texts(range), appended.slice(after, through))
      assert.deepEqual([range.first, range.last], [after + 1, Math.min(through, 20)])
    }
  })

  must('reads as many events as fit into `maxBytes`, and at least one', async ({ create, open }) => {
    const writer = await create()
    const appended = await appendTexts(writer, numbered(50))
    const reader = await open(writer)
    const size = Buffer.byteLength(appended[0]!)
    for (const [maxBytes, events] of [
      [0, 1],
      [1, 1],
      [size, 1],
      [size * 2 - 1, 1],
      [size * 2, 2],
    ] as const) {
      const range = await reader.read(0, NO_BOUND, maxBytes)
      assert.deepEqual(texts(range), appended.slice(0, events), `maxBytes ${maxBytes}`)
      assert.equal(range.byteLength, size * events)
    }
  })

  must('names each event to a visitor, in order', async ({ create, open }) => {
    const writer = await create()
    await appendTexts(writer, numbered(9))
    const visited: number[] = []
    const range = await (await open(writer)).read(3, 8, NO_BOUND)
    range.forEach((chunkId) => {
      visited.push(chunkId)
    })
    assert.deepEqual(visited, [4, 5, 6, 7, 8])
  })

  must('holds an event that is larger than anything before it', async ({ create, open }) => {
    const writer = await create()
    const appended = await appendTexts(writer, ['a', '語'.repeat(10_000), 'b'])
    assert.deepEqual(texts(await (await open(writer)).read(0, NO_BOUND, NO_BOUND)), appended)
  })

  must(
    'keeps streams apart, and knows nothing of an id that was never created',
    async ({ create, elsewhere, open }) => {
      const [one, two] = [await create(), await create()]
      const ofOne = await appendTexts(one, ['one'])
      const ofTwo = await appendTexts(two, ['two', 'too'])
      assert.deepEqual(texts(await (await open(one)).read(0, NO_BOUND, NO_BOUND)), ofOne)
      assert.deepEqual(texts(await (await open(two)).read(0, NO_BOUND, NO_BOUND)), ofTwo)
      assert.equal(await elsewhere.open(randomKey()), undefined)
    },
  )
}
