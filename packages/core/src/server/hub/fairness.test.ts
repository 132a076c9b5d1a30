import { describe, expect, test } from 'vitest'
import { Harness, type HarnessOptions } from '../../../test/harness.ts'
import { recordingSink } from '../../testing/index.ts'
import type { HubLimits } from './admission.ts'

function limited(limits: HubLimits, more: HarnessOptions = {}): Harness {
  return new Harness({ ...more, hub: { limits } })
}

describe('one owner’s excess', () => {
  test('of streams is refused by default, and stops nobody else', async () => {
    const harness = new Harness({ hub: { limits: { maxStartsPerMinutePerOwner: 1_000 } } })
    for (let count = 0; count < 200; count++) await harness.start({ owner: 'ann' })
    await expect(harness.start({ owner: 'ann' })).rejects.toMatchObject({ type: 'rate_limit', status: 429 })
    await expect(harness.start({ owner: 'bob' })).resolves.toBeDefined()
  })

  test('of starts is refused until the minute is over, and a repeat is none', async () => {
    const harness = limited({ maxStartsPerMinutePerOwner: 2 })
    const idempotencyKey = 'AAAAAAAAAAAAAAAAAAAAAAAA'
    const first = await harness.start({ owner: 'ann', idempotencyKey })
    await harness.start({ owner: 'ann' })
    await expect(harness.start({ owner: 'ann' })).rejects.toMatchObject({
      type: 'rate_limit',
      retryAfterMs: 30_000,
    })
    const repeat = await harness.start({ owner: 'ann', idempotencyKey })
    expect(repeat.record.streamId).toBe(first.record.streamId)
    await expect(harness.start({ owner: 'bob' })).resolves.toBeDefined()
    await harness.clock.pass(30_000)
    await expect(harness.start({ owner: 'ann' })).resolves.toBeDefined()
  })

  test('of viewers is refused, whosever the streams are, and each that leaves makes room for one', async () => {
    const harness = limited({ maxViewersPerOwner: 2 })
    const { streamId } = (await harness.start({ owner: 'ann' })).record
    const watch = async (owner: string) => {
      const sink = recordingSink()
      sink.watch(await harness.hub.find({ streamId, owner, authorize: () => true }))
      return sink
    }
    const first = await watch('eve')
    await watch('eve')
    await expect(watch('eve')).rejects.toMatchObject({ type: 'rate_limit', status: 429 })
    await expect(watch('ann')).resolves.toBeDefined()
    first.viewer.detach()
    await expect(watch('eve')).resolves.toBeDefined()
    await expect(watch('eve')).rejects.toThrow()
    expect(harness.hub.load.viewers).toBe(3)
  })

  test('is not told of what has no owner', async () => {
    const harness = limited({ maxStreamsPerOwner: 1, maxViewersPerOwner: 1, maxStartsPerMinutePerOwner: 1 })
    for (let count = 0; count < 5; count++) {
      const sink = recordingSink()
      sink.watch(await harness.start())
    }
    expect(harness.hub.load).toEqual({ streams: 5, viewers: 5 })
  })
})

test('a repeated start is asked about, as any way to a stream is', async () => {
  const harness = new Harness()
  const request = { owner: 'ann', idempotencyKey: 'AAAAAAAAAAAAAAAAAAAAAAAA' }
  await harness.start(request)
  const asked: string[] = []
  const authorize = ({ action }: { readonly action: string }): boolean => {
    asked.push(action)
    return false
  }
  await expect(harness.start({ ...request, authorize })).rejects.toMatchObject({ type: 'not_found' })
  expect(asked).toEqual(['attach'])
})

test('a list for a viewer has what authorize allows, one for the application has all', async () => {
  const harness = new Harness()
  const [one, two] = [await harness.start({ owner: 'ann' }), await harness.start({ owner: 'ann' })]
  const withdrawn = one.record.streamId
  const listed = await harness.hub.list({
    owner: 'ann',
    authorize: ({ action, stream }) => action === 'list' && stream.streamId !== withdrawn,
  })
  expect(listed.map(({ streamId }) => streamId)).toEqual([two.record.streamId])
  expect(await harness.hub.list('ann')).toHaveLength(2)
  expect(await harness.hub.list({ owner: 'ann' })).toHaveLength(2)
  const throws = () => Promise.reject(new Error('database'))
  expect(await harness.hub.list({ owner: 'ann', authorize: throws })).toEqual([])
})
