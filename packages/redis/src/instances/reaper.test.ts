import { manualClock } from '@sluice/core/testing'
import { RedisServer } from '@sluice/programs/redis'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { redisLog } from '../redis-log.ts'
import { DUE_LEASES } from '../scripts/index-keys.ts'
import type { Script } from '../scripts/script.ts'
import { Reaper } from './reaper.ts'
import { type SucceedingLog, Succession } from './succession.ts'

let server: RedisServer

beforeAll(async () => {
  server = await RedisServer.start()
})

afterAll(() => server.kill())

const plan = { input: '{}', restarts: 0, maxRestarts: 1, checkpoint: undefined }

test.for([
  { what: 'is left to its producer', keyPrefix: 'ends:', plan: undefined },
  { what: 'that would begin anew is, too', keyPrefix: 'restarts:', plan },
])('a stream that nobody could renew since it was looked for $what', async ({ keyPrefix, plan }) => {
  // Its own clock stands still, so it renews nothing.
  const log = redisLog({ url: server.url, keyPrefix, clock: manualClock() })
  const record = { streamId: 'one', stream: 'chat', owner: undefined, createdAt: 0, idempotency: undefined }
  await log.create(record, plan)
  const { meta } = log.keys.of('one')

  let standsStill = true
  const run = async (script: Script, keys: string[], args: string[]) => {
    const reply = await log.connection.run(script, keys, args)
    if (script === DUE_LEASES && standsStill) await runOut((reply as [number])[0])
    return reply
  }
  /** Redis stands still after a look for the dead, so long that a lease runs out that had not then. */
  async function runOut(lookedAt: number): Promise<void> {
    const lease = lookedAt + 1
    await server.command('HSET', meta, 'lease', `${lease}`)
    await vi.waitUntil(async () => {
      const [seconds, micros] = (await server.command('TIME')) as [string, string]
      return Number(seconds) * 1000 + Number(micros) / 1000 > lease + 1
    })
  }
  const clock = manualClock()
  const { keys, bounds, meter } = log
  const { publishCommand } = log.connection
  const context = {
    connection: { command: log.connection.command.bind(log.connection), run, publishCommand },
    ...{ keys, bounds, meter, clock, instanceId: 'another' },
    restarter: { accepts: () => true, restart: () => {} },
    succeed: log.succeed.bind(log),
  } as unknown as SucceedingLog
  const reaper = new Reaper(context, new Succession(context))
  await clock.pass(bounds.leaseMs)
  /** It looks for the one: the set knows nothing of how often appends have renewed it. */
  async function look(): Promise<unknown> {
    await server.command('ZADD', keys.leases, '0', 'one')
    await reaper.look()
    return server.command('HGET', meta, 'ended')
  }
  expect(await look()).toBeNull()
  standsStill = false
  expect(await look()).toBe('1')
  expect(meter.restarts).toBe(plan === undefined ? 0 : 1)
  await log.close()
})
