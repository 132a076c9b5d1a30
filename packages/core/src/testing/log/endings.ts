import assert from 'node:assert/strict'
import { encodeText } from '../../server/run/encode.ts'
import { settle } from '../settle.ts'
import {
  appendTexts,
  BOUNDS,
  deaf,
  type Must,
  NO_BOUND,
  newRecord,
  randomKey,
  reaches,
  scopeOf,
  silent,
  terminal,
  texts,
} from './subject.ts'

export function defineCancelCases(must: Must): void {
  must('tells the writer to stop, and why', async ({ create, elsewhere }) => {
    const writer = await create()
    const reason = new Promise<string>((resolve) => {
      writer.setProducer({ ...silent, cancel: resolve })
    })
    await appendTexts(writer, ['x'])
    await elsewhere.requestCancel(writer.record.streamId, 'not wanted')
    assert.equal(await reason, 'not wanted')
  })

  must('tells a producer that is set after the cancel', async ({ create, elsewhere }) => {
    const writer = await create()
    await appendTexts(writer, ['x'])
    await elsewhere.requestCancel(writer.record.streamId, 'early')
    const reason = await new Promise<string>((resolve) => {
      writer.setProducer({ ...silent, cancel: resolve })
    })
    assert.equal(reason, 'early')
  })

  must(
    'is harmless twice, after the end, and for a stream that is not there',
    async ({ create, elsewhere, open }) => {
      const writer = await create()
      let calls = 0
      writer.setProducer({
        ...silent,
        cancel() {
          calls += 1
          if (!writer.ended) writer.end(terminal(1))
        },
      })
      const { streamId } = writer.record
      await elsewhere.requestCancel(streamId, 'once')
      await reaches(writer, 1)
      const callsBeforeEnd = calls
      await elsewhere.requestCancel(streamId, 'twice')
      await elsewhere.requestCancel(randomKey(), 'nobody')
      await settle()
      assert.equal(calls, callsBeforeEnd)
      assert.equal((await open(writer)).last, 1)
    },
  )
}

export function defineEndCases(must: Must): void {
  must('has ended once its last event can be read', async ({ create, open }) => {
    const writer = await create()
    await appendTexts(writer, ['a', 'b'])
    writer.end(terminal(3))
    await reaches(writer, 3)
    const reader = await open(writer)
    assert.deepEqual([reader.first, reader.last, reader.ended], [1, 3, true])
    assert.deepEqual(texts(await reader.read(2, NO_BOUND, NO_BOUND)), [terminal(3)])
  })

  must('takes nothing after the end', async ({ create, open }) => {
    const writer = await create()
    writer.end(terminal(1))
    await reaches(writer, 1)
    assert.throws(() => writer.append(encodeText('content_chunk', 2, 'late')))
    assert.throws(() => writer.end(terminal(2)))
    const reader = await open(writer)
    assert.equal(reader.last, 1)
    assert.deepEqual(texts(await reader.read(0, NO_BOUND, NO_BOUND)), [terminal(1)])
  })

  must('can be read after the end, and is discarded when its time is over', async (subject) => {
    const { elsewhere, pass } = subject
    const record = newRecord({ idempotency: { key: randomKey(), inputHash: 'h' } })
    const writer = await subject.create(record)
    writer.end(terminal(1))
    await reaches(writer, 1)
    await pass(BOUNDS.keepEndedMs / 2)
    assert.equal((await elsewhere.open(record.streamId))?.ended, true)
    await pass(BOUNDS.keepEndedMs * 2.5)
    assert.equal(await elsewhere.open(record.streamId), undefined)
    assert.equal(await elsewhere.openByKey(scopeOf(record)), undefined)
  })

  must('notifies its readers when it is discarded', async ({ create, elsewhere, open }) => {
    const writer = await create()
    const reader = await open(writer)
    const evicted = new Promise<void>((resolve) => {
      reader.subscribe({ ...deaf, evicted: resolve })
    })
    writer.end(terminal(1))
    await reaches(reader, 1)
    await elsewhere.forget(writer.record.streamId)
    await evicted
  })

  must('discards every ended stream when memory is short, and no other', async (subject) => {
    const [ended, running] = [await subject.create(), await subject.create()]
    ended.end(terminal(1))
    await reaches(ended, 1)
    await appendTexts(running, ['x'])
    const before = subject.log.byteLength
    subject.log.evictEnded(0)
    await settle()
    assert.ok(subject.log.byteLength <= before)
    const reader = await subject.open(running)
    assert.deepEqual([reader.last, reader.ended], [1, false])
  })

  must('frees a key together with its stream', async ({ create, pass, log }) => {
    const record = newRecord({ idempotency: { key: randomKey(), inputHash: 'h' } })
    const writer = await create(record)
    writer.end(terminal(1))
    await reaches(writer, 1)
    await pass(BOUNDS.keepEndedMs * 1.5)
    assert.equal((await log.create({ ...record, streamId: randomKey() })).outcome, 'created')
  })

  must('does not discard a stream that runs', async ({ create, elsewhere, pass }) => {
    const writer = await create()
    await appendTexts(writer, ['x'])
    await pass(BOUNDS.keepEndedMs * 3)
    assert.equal((await elsewhere.open(writer.record.streamId))?.ended, false)
  })
}
