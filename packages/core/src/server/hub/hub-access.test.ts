import { describe, expect, test } from 'vitest'
import { randomKey } from '../../../test/fixtures.ts'
import { Harness } from '../../../test/harness.ts'
import { StreamingError } from '../../errors.ts'
import { settle } from '../../testing/index.ts'
import type { Creation, StreamLog } from '../log/log.ts'
import type { MemoryLog } from '../log/memory-log.ts'
import type { AccessRequest, Authorize } from './access.ts'

const key = randomKey()

describe('an idempotency key', () => {
  test('leads a repeat to the stream that the first start began', async () => {
    const harness = new Harness()
    const first = await harness.start({ idempotencyKey: key, input: { a: 1, b: { c: 2 } } })
    const repeat = await harness.start({ idempotencyKey: key, input: { b: { c: 2 }, a: 1 } })
    expect(repeat.record.streamId).toBe(first.record.streamId)
    expect([harness.source.attempts.length, harness.hub.load.streams]).toEqual([1, 1])
  })

  test('leads there after the end, too, and while the hub closes', async () => {
    const harness = new Harness()
    const stream = await harness.start({ idempotencyKey: key })
    const running = await harness.start()
    const attempt = await harness.source.asked()
    attempt.finish()
    await settle()
    const closing = harness.hub.close()
    const repeat = await harness.start({ idempotencyKey: key })
    expect([repeat.record.streamId, repeat.ended]).toEqual([stream.record.streamId, true])
    await harness.hub.cancel({ streamId: running.record.streamId })
    await closing
  })

  test('begins one stream, however many ask at the same time', async () => {
    for (const harness of [new Harness(), new Harness({ asSeen: slowly })]) {
      const starts = Array.from({ length: 5 }, () => harness.start({ idempotencyKey: key }))
      const ids = (await Promise.all(starts)).map(({ record }) => record.streamId)
      expect(new Set(ids).size).toBe(1)
      expect([harness.source.attempts.length, harness.hub.load.streams]).toEqual([1, 1])
    }
  })

  test('leads nobody to a stream that authorize no longer allows', async () => {
    let isAllowed = true
    const authorize: Authorize = () => isAllowed
    for (const harness of [new Harness(), new Harness({ asSeen: slowly })]) {
      isAllowed = true
      await harness.start({ idempotencyKey: key, authorize })
      await expect(harness.start({ idempotencyKey: key, authorize })).resolves.toBeDefined()
      isAllowed = false
      await expect(harness.start({ idempotencyKey: key, authorize })).rejects.toMatchObject({
        type: 'not_found',
      })
      await expect(
        harness.start({ idempotencyKey: key, input: { other: 1 }, authorize }),
      ).rejects.toMatchObject({ type: 'not_found' })
    }
  })

  test('that two starts bring at the same time is authorized for the one that comes second', async () => {
    const harness = new Harness({ asSeen: slowly })
    const starts = [1, 2].map(() => harness.start({ idempotencyKey: key, authorize: () => false }))
    const outcomes = await Promise.allSettled(starts)
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })

  test('is another key in another scope', async () => {
    const harness = new Harness()
    const scopes = ['room 1', 'room 2', undefined]
    const starts = scopes.map((scope) => harness.start({ idempotencyKey: key, scope }))
    const ids = (await Promise.all(starts)).map(({ record }) => record.streamId)
    expect(new Set(ids).size).toBe(3)
    const again = await harness.start({ idempotencyKey: key, scope: 'room 2' })
    expect(again.record.streamId).toBe(ids[1])
  })

  test('of a repeat that has no stream starts nothing', async () => {
    const harness = new Harness()
    for (const idempotencyKey of [key, undefined]) {
      await expect(harness.start({ idempotencyKey, isRepeat: true })).rejects.toMatchObject({
        type: 'resume_expired',
      })
    }
    expect(harness.source.attempts.length).toBe(0)
    const first = await harness.start({ idempotencyKey: key })
    const repeat = await harness.start({ idempotencyKey: key, isRepeat: true })
    expect(repeat.record.streamId).toBe(first.record.streamId)
  })

  test('with another input is refused', async () => {
    const harness = new Harness({ asSeen: slowly })
    const starts = [{ a: 1 }, { a: 2 }].map((input) => harness.start({ idempotencyKey: key, input }))
    const [first, second] = await Promise.allSettled(starts)
    expect(first?.status).toBe('fulfilled')
    expect(second).toMatchObject({ status: 'rejected', reason: { type: 'conflict', status: 422 } })
    await expect(harness.start({ idempotencyKey: key, input: { a: 2 } })).rejects.toMatchObject({
      status: 422,
    })
    expect(harness.hub.load.streams).toBe(1)
  })

  test('is another key for another owner', async () => {
    const harness = new Harness()
    const starts = ['ada', 'bob', undefined].map((owner) => harness.start({ idempotencyKey: key, owner }))
    const ids = (await Promise.all(starts)).map(({ record }) => record.streamId)
    expect(new Set(ids).size).toBe(3)
  })

  test('is free again when its start was refused', async () => {
    const harness = new Harness({ hub: { limits: { maxStreams: 1 } } })
    const other = await harness.start()
    await expect(harness.start({ idempotencyKey: key })).rejects.toMatchObject({ type: 'capacity' })
    await harness.hub.cancel({ streamId: other.record.streamId })
    await harness.start({ idempotencyKey: key, input: 'another' })
  })

  test.each(['', 'short', 'x'.repeat(21), 'x'.repeat(256), `${'x'.repeat(30)} `, `${'x'.repeat(30)}ä`])(
    'of %j is refused',
    async (idempotencyKey) => {
      const harness = new Harness()
      const refused = { type: 'invalid_request', message: expect.stringContaining('Idempotency-Key') }
      await expect(harness.start({ idempotencyKey })).rejects.toMatchObject(refused)
      await expect(harness.hub.cancelByKey({ stream: 'chat', idempotencyKey })).rejects.toMatchObject(refused)
    },
  )
})

describe('cancelling by key', () => {
  test('stops the stream that it began', async () => {
    const harness = new Harness()
    await harness.start({ idempotencyKey: key, owner: 'ada' })
    const attempt = await harness.source.asked()
    await harness.hub.cancelByKey({ stream: 'chat', idempotencyKey: key, owner: 'ada', reason: 'stop' })
    await attempt.aborted
    expect(harness.ends).toMatchObject([{ outcome: 'cancelled' }])
  })

  test('before the start has it refused when it comes', async () => {
    const harness = new Harness()
    await harness.hub.cancelByKey({ stream: 'chat', idempotencyKey: key, owner: 'ada' })
    const refused = { type: 'conflict', status: 409 }
    await expect(harness.start({ idempotencyKey: key, owner: 'ada' })).rejects.toMatchObject(refused)
    expect([harness.source.attempts.length, harness.hub.load.streams]).toEqual([0, 0])
    await harness.start({ idempotencyKey: key, owner: 'bob' })
  })

  test('of somebody else’s stops nothing of theirs', async () => {
    const harness = new Harness()
    const stream = await harness.start({ idempotencyKey: key, owner: 'ada' })
    await harness.hub.cancelByKey({ stream: 'chat', idempotencyKey: key, owner: 'bob' })
    expect(stream.ended).toBe(false)
  })

  test('is asked of authorize, too', async () => {
    const harness = new Harness()
    const stream = await harness.start({ idempotencyKey: key, owner: 'ada' })
    const request = { stream: 'chat', idempotencyKey: key, owner: 'ada', authorize: () => false }
    await expect(harness.hub.cancelByKey(request)).rejects.toMatchObject({ type: 'not_found' })
    expect(stream.ended).toBe(false)
  })

  test('in a definition that there is not, is not found', async () => {
    const request = { stream: 'nope', idempotencyKey: key }
    await expect(new Harness().hub.cancelByKey(request)).rejects.toMatchObject({ type: 'not_found' })
  })
})

describe('a stream that is somebody’s', () => {
  test.each<[string, Authorize | undefined, string | undefined]>([
    ['another owner', undefined, 'bob'],
    ['nobody', undefined, undefined],
    ['whom authorize refuses', () => false, 'ada'],
    ['whom authorize refuses later', async () => false, 'ada'],
    ['whom authorize does not quite allow', () => 'yes' as never, 'ada'],
    [
      'authorize throws over',
      () => {
        throw new Error('database')
      },
      'ada',
    ],
    ['authorize rejects over', () => Promise.reject(new Error('database')), 'ada'],
    ['authorize throws a StreamingError over', () => Promise.reject(new StreamingError('api_error')), 'ada'],
  ])('looks to %s as if it did not exist', async (_who, authorize, owner) => {
    const harness = new Harness()
    const { record } = await harness.start({ owner: 'ada' })
    const foreign = { streamId: record.streamId, owner, authorize }
    const unknown = { streamId: randomKey(), owner, authorize }
    const elsewhere = { streamId: record.streamId, owner: 'ada', stream: 'other' }
    const answers = [
      ...[foreign, unknown, elsewhere].map((request) => harness.hub.find(request)),
      ...[foreign, unknown, elsewhere].map((request) => harness.hub.cancel(request)),
    ].map((answer) => answer.catch((error: StreamingError) => JSON.stringify([error.toWire(), error.status])))
    expect(new Set(await Promise.all(answers)).size).toBe(1)
    expect(await answers[0]).toContain('"not_found"')
    expect(harness.ends).toEqual([])
  })

  test('is its owner’s to read and to cancel', async () => {
    const harness = new Harness()
    const { record } = await harness.start({ owner: 'ada' })
    await harness.hub.find({ streamId: record.streamId, owner: 'ada' })
    await harness.hub.cancel({ streamId: record.streamId, owner: 'ada' })
    expect(harness.ends).toHaveLength(1)
  })

  test('and one without an owner is open to everybody who knows its id', async () => {
    const harness = new Harness()
    const { record } = await harness.start()
    await harness.hub.find({ streamId: record.streamId, owner: 'bob' })
    await harness.hub.find({ streamId: record.streamId })
  })

  test('may be shared for reading without its cancel', async () => {
    const asked: AccessRequest[] = []
    const authorize: Authorize = (request) => {
      asked.push(request)
      return request.action === 'attach'
    }
    const harness = new Harness()
    const { record } = await harness.start({ owner: 'ada' })
    const request = { streamId: record.streamId, owner: 'bob', authorize }
    await harness.hub.find(request)
    await expect(harness.hub.cancel(request)).rejects.toMatchObject({ type: 'not_found' })
    const stream = { streamId: record.streamId, name: 'chat', owner: 'ada', createdAt: record.createdAt }
    expect(asked).toEqual([
      { owner: 'bob', stream, action: 'attach' },
      { owner: 'bob', stream, action: 'cancel' },
    ])
  })
})

/** A log that answers later: two that ask at the same time both ask before either is answered. */
function slowly(log: MemoryLog): StreamLog {
  const later = async <T>(value: () => T): Promise<T> => {
    await settle(1)
    return value()
  }
  return new Proxy<StreamLog>(log, {
    get(target, name) {
      if (name === 'create') return (record: never) => later<Creation>(() => log.create(record))
      if (name === 'openByKey') return (scope: never) => later(() => log.openByKey(scope))
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

test('a stream that was started in a scope is found in that scope, and by its id alone', async () => {
  const harness = new Harness()
  const { record } = await harness.start({ scope: 'room 1' })
  const { streamId } = record
  await expect(harness.hub.find({ streamId, scope: 'room 2' })).rejects.toMatchObject({ type: 'not_found' })
  await expect(harness.hub.find({ streamId, scope: 'room 1' })).resolves.toBeDefined()
  await expect(harness.hub.find({ streamId })).resolves.toBeDefined()
  const free = await harness.start()
  await expect(harness.hub.find({ streamId: free.record.streamId, scope: 'room 1' })).rejects.toMatchObject({
    type: 'not_found',
  })
})

test('the record keeps the note of the routes that started it, and a repeat leads to the first one', async () => {
  const harness = new Harness()
  const idempotencyKey = randomKey()
  await harness.start({ idempotencyKey, note: 'first' })
  const again = await harness.start({ idempotencyKey, note: 'second' })
  expect((await harness.hub.find({ streamId: again.record.streamId })).record.note).toBe('first')
  expect((await harness.start()).record).not.toHaveProperty('note')
})
