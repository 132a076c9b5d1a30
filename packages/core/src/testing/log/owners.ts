import assert from 'node:assert/strict'
import { type Must, newRecord, randomKey, reaches, scopeOf, terminal } from './subject.ts'

export function defineOwnerCases(must: Must): void {
  must(
    'lists the streams of an owner, running and ended, and nobody else’s',
    async ({ create, elsewhere }) => {
      const running = await create(newRecord({ owner: 'ada' }))
      const ended = await create(newRecord({ owner: 'ada' }))
      await create(newRecord({ owner: 'bob' }))
      await create(newRecord({ owner: 'ada:x' }))
      await create(newRecord({ owner: undefined }))
      ended.end(terminal(1))
      await reaches(ended, 1)
      const listed = await elsewhere.list('ada')
      const ids = listed.map(({ record }) => record.streamId)
      assert.deepEqual(ids.sort(), [running, ended].map(({ record }) => record.streamId).sort())
      assert.deepEqual(await elsewhere.list('undefined'), [])
      assert.deepEqual(await elsewhere.list('eve'), [])
    },
  )

  must(
    'forgets an ended stream: its events, its key and its owner’s claim to it',
    async ({ create, elsewhere, log }) => {
      const record = newRecord({ owner: 'ada', idempotency: { key: randomKey(), inputHash: 'h' } })
      const writer = await create(record)
      writer.end(terminal(1))
      await reaches(writer, 1)
      await elsewhere.forget(record.streamId)
      assert.equal(await elsewhere.open(record.streamId), undefined)
      assert.equal(await elsewhere.openByKey(scopeOf(record)), undefined)
      assert.deepEqual(await elsewhere.list('ada'), [])
      assert.equal((await log.create({ ...record, streamId: randomKey() })).outcome, 'created')
    },
  )

  must(
    'does not forget a stream that runs, and minds no id that is not there',
    async ({ create, elsewhere }) => {
      const writer = await create(newRecord({ owner: 'ada' }))
      await elsewhere.forget(writer.record.streamId)
      await elsewhere.forget(randomKey())
      assert.ok((await elsewhere.open(writer.record.streamId)) !== undefined)
      assert.equal((await elsewhere.list('ada')).length, 1)
    },
  )
}
