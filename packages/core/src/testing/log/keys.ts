import assert from 'node:assert/strict'
import { BOUNDS, type Must, newRecord, randomKey, scopeOf } from './subject.ts'

export function defineKeyCases(must: Must): void {
  must('finds the stream of a key', async ({ create, elsewhere }) => {
    const record = newRecord({ idempotency: { key: randomKey(), inputHash: 'h' } })
    await create(record)
    const found = await elsewhere.openByKey(scopeOf(record))
    assert.deepEqual(found?.record, record)
  })

  must('gives a key to one of several starts at the same time', async ({ log, elsewhere }) => {
    const idempotency = { key: randomKey(), inputHash: 'h' }
    const attempts = [log, elsewhere, log, elsewhere].map((at) => at.create(newRecord({ idempotency })))
    const creations = await Promise.all(attempts)
    const created = creations.filter(({ outcome }) => outcome === 'created')
    assert.equal(created.length, 1)
    const [winner] = created
    assert.ok(winner?.outcome === 'created')
    for (const creation of creations) {
      if (creation === winner) continue
      assert.ok(creation.outcome === 'exists')
      assert.equal(creation.reader.record.streamId, winner.writer.record.streamId)
    }
  })

  must('has a key for each owner and each definition', async ({ create, elsewhere }) => {
    const idempotency = { key: randomKey(), inputHash: 'h' }
    // The odd ones are there for logs that join the parts of a key with a separator.
    const scopes = [
      { owner: 'ada', stream: 'chat' },
      { owner: 'bob', stream: 'chat' },
      { owner: 'ada', stream: 'other' },
      { owner: undefined, stream: 'chat' },
      { owner: '', stream: 'chat' },
      { owner: 'undefined', stream: 'chat' },
      { owner: 'ada:chat', stream: 'x' },
      { owner: 'ada', stream: 'chat:x' },
    ]
    for (const scope of scopes) await create(newRecord({ ...scope, idempotency }))
    const ids = new Set<string>()
    for (const scope of scopes) {
      const found = await elsewhere.openByKey({ ...scope, key: idempotency.key })
      assert.deepEqual([found?.record.owner, found?.record.stream], [scope.owner, scope.stream])
      ids.add(found!.record.streamId)
    }
    assert.equal(ids.size, scopes.length)
  })

  must('refuses the start of a key that was cancelled before', async ({ log, elsewhere }) => {
    const record = newRecord({ owner: 'ada', idempotency: { key: randomKey(), inputHash: 'h' } })
    assert.equal(await elsewhere.refuseKey(scopeOf(record)), undefined)
    assert.deepEqual(await log.create(record), { outcome: 'cancelled' })
    assert.equal(await log.open(record.streamId), undefined)
    assert.equal((await log.create({ ...record, streamId: randomKey(), owner: 'bob' })).outcome, 'created')
  })

  must('returns the stream if the start has come before its refusal', async ({ create, log, elsewhere }) => {
    const record = newRecord({ idempotency: { key: randomKey(), inputHash: 'h' } })
    await create(record)
    assert.equal((await elsewhere.refuseKey(scopeOf(record)))?.record.streamId, record.streamId)
    assert.equal((await log.create({ ...record, streamId: randomKey() })).outcome, 'exists')
  })

  must('forgets a refusal when its time is over', async ({ log, pass }) => {
    const record = newRecord({ idempotency: { key: randomKey(), inputHash: 'h' } })
    await log.refuseKey(scopeOf(record))
    await pass(BOUNDS.keepRefusedMs * 1.5)
    assert.equal((await log.create(record)).outcome, 'created')
  })
}
