import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { LogReader, StreamRecord } from '../../server/log/log.ts'
import { BOUNDS, type Must, newRecord, randomKey, reaches, type Subject, terminal } from './subject.ts'

export function defineThreadCases(must: Must): void {
  must('keeps the thread in the record', async ({ create, elsewhere }) => {
    const writer = await create(newRecord({ owner: 'ada', thread: 'trip-to-Rome' }))
    assert.equal((await elsewhere.open(writer.record.streamId))?.record.thread, 'trip-to-Rome')
    const other = await create()
    assert.equal((await elsewhere.open(other.record.streamId))?.record.thread, undefined)
  })

  must('lists the streams of a thread, in the order in which they were created', async (subject) => {
    const thread = randomKey()
    const ids: string[] = []
    for (const stream of ['chat', 'chat', 'title', 'chat']) {
      ids.push(await createEnded(subject, { owner: 'ada', thread, stream, createdAt: 1000 + ids.length }))
    }
    const running = await subject.create(newRecord({ owner: 'ada', thread, createdAt: 2000 }))
    ids.push(running.record.streamId)
    const listed = await subject.elsewhere.listThread({ owner: 'ada', thread })
    assert.deepEqual(idsOf(listed), ids)
    assert.deepEqual(
      listed.map(({ ended }) => ended),
      [true, true, true, true, false],
    )
  })

  must('keeps the threads of owners apart, and those of nobody', async ({ create, elsewhere }) => {
    // The odd ones are there for logs that join owner and thread with a separator.
    const scopes = [
      { owner: 'ada', thread: 'trip' },
      { owner: 'bob', thread: 'trip' },
      { owner: undefined, thread: 'trip' },
      { owner: 'undefined', thread: 'trip' },
      { owner: 'ada', thread: 'work' },
      { owner: 'ada:x', thread: 'y' },
      { owner: 'ada', thread: 'x:y' },
    ]
    for (const scope of scopes) await create(newRecord(scope))
    await create(newRecord({ owner: 'ada' }))
    for (const { owner, thread } of scopes) {
      const listed = await elsewhere.listThread({ owner, thread })
      assert.deepEqual(
        listed.map(({ record }) => [record.owner, record.thread]),
        [[owner, thread]],
      )
    }
    assert.deepEqual(await elsewhere.listThread({ owner: 'eve', thread: 'trip' }), [])
    assert.deepEqual(await elsewhere.listThread({ owner: 'ada', thread: 'none' }), [])
  })

  must('takes a stream out of its thread when it is forgotten', async (subject) => {
    const { elsewhere } = subject
    const scope = { owner: 'ada', thread: randomKey() }
    const first = await createEnded(subject, scope)
    const second = await createEnded(subject, scope)
    await elsewhere.forget(first)
    assert.deepEqual(idsOf(await elsewhere.listThread(scope)), [second])
    await elsewhere.forget(second)
    assert.deepEqual(await elsewhere.listThread(scope), [])
  })

  must('takes a stream out of its thread when its time is over', async (subject) => {
    const { elsewhere, pass } = subject
    const scope = { owner: undefined, thread: randomKey() }
    await createEnded(subject, scope)
    const running = await subject.create(newRecord(scope))
    await pass(BOUNDS.keepEndedMs * 1.5)
    assert.deepEqual(idsOf(await elsewhere.listThread(scope)), [running.record.streamId])
  })

  must('has a stream that a key leads to once in its thread', async ({ create, log, elsewhere }) => {
    const scope = { owner: 'ada', thread: randomKey() }
    const idempotency = { key: randomKey(), inputHash: 'h' }
    const { record } = await create(newRecord({ ...scope, idempotency }))
    assert.equal((await log.create(newRecord({ ...scope, idempotency }))).outcome, 'exists')
    // A log may take back what it began for the repeat a moment later.
    for (let tries = 0; tries < 50; tries++) {
      if ((await elsewhere.listThread(scope)).length === 1) break
      await pause(10)
    }
    assert.deepEqual(idsOf(await elsewhere.listThread(scope)), [record.streamId])
  })
}

async function createEnded({ create }: Subject, fields: Partial<StreamRecord>): Promise<string> {
  const writer = await create(newRecord(fields))
  writer.end(terminal(1))
  await reaches(writer, 1)
  return writer.record.streamId
}

function idsOf(readers: readonly LogReader[]): string[] {
  return readers.map(({ record }) => record.streamId)
}
