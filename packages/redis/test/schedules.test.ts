import { setTimeout as pass } from 'node:timers/promises'
import { createClient, sse, ws } from '@sluice/client'
import { RedisServer } from '@sluice/programs/redis'
import { seededRandom } from '@sluice/random'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Deployment } from './support/deployment.ts'
import { type Question, words } from './support/question.ts'
import { until } from './support/waiting.ts'

const SCHEDULES = Number(process.env.SLUICE_SCHEDULES ?? 25)
const FIRST_SEED = Number(process.env.SLUICE_SEED ?? 1)
/** Three renewals in it, and a machine with much else to do. */
const leaseMs = 1_000

type Blow = 'kill' | 'close' | 'cut' | 'messages' | 'commands' | 'freeze' | 'wipe' | 'cancel'

const BLOWS: readonly Blow[] = [
  'kill',
  'close',
  'cut',
  'cut',
  'messages',
  'commands',
  'freeze',
  'wipe',
  'cancel',
]

let server: RedisServer
let deployments: readonly Deployment[]

beforeAll(async () => {
  server = await RedisServer.start()
  const sizes = [2, 3]
  deployments = await Promise.all(
    sizes.map((size) => Deployment.start(size, server.url, `of ${size}:`, leaseMs)),
  )
})

afterAll(async () => {
  await Promise.all(deployments.map((deployment) => deployment.end()))
  await server.kill()
})

/** The terminal events that a schedule may end a stream with, by its steps. */
const EXPLAINS: Readonly<Partial<Record<Blow, readonly string[]>>> = {
  kill: ['producer_lost'],
  close: ['shutting_down'],
  // A stream that had ended is not written again, nor one that runs if its producer dies as well.
  wipe: ['not_found', 'resume_expired'],
}

test.for(Array.from({ length: SCHEDULES }, (_, index) => FIRST_SEED + index))(
  'schedule %i: each answer is whole, or ends with an error that the schedule explains',
  { timeout: 60_000 },
  async (seed) => {
    const next = seededRandom(seed)
    const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!
    const size = 2 + (seed % 2)
    const deployment = deployments[size - 2]!
    const { standstills } = deployment
    const retry = { baseMs: 10, capMs: 100, maxElapsedMs: 30_000 }
    const clients = [
      createClient({ transport: sse({ url: deployment.url, maxConnections: 20 }), retry }),
      createClient({ transport: ws({ url: `${deployment.url}/ws`, idleMs: 0 }), retry }),
    ]
    const questions = Array.from(
      { length: 4 },
      (_, index): Question => ({
        seed: seed * 10 + index,
        count: 20 + Math.floor(next() * 150),
        everyMs: pick([0, 2, 5]),
      }),
    )
    const sessions = questions.map((question, index) => clients[index % 2]!.start('chat', question))

    const blows: Blow[] = []
    const cancelled = new Set<number>()
    for (let round = 0; round < 4; round++) {
      await pass(next() * 150)
      const blow = pick(BLOWS)
      const index = Math.floor(next() * size)
      blows.push(blow)
      if (blow === 'cut') deployment.cut()
      else if (blow === 'messages') await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
      else if (blow === 'commands') await server.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      else if (blow === 'freeze') {
        server.freeze()
        await pass(next() * leaseMs * 1.5)
        server.thaw()
      } else if (blow === 'wipe') {
        await server.kill()
        await server.start()
      } else if (blow === 'cancel') {
        const which = Math.floor(next() * sessions.length)
        cancelled.add(which)
        // If its session has ended, there is nothing to stop.
        sessions[which]!.cancel().catch(() => {})
      } else {
        await deployment[blow](index)
        await deployment.start(index)
      }
    }

    const ends = await Promise.all(sessions.map((session) => session.done))
    const allowed = blows.flatMap((blow) => EXPLAINS[blow] ?? [])
    if (deployment.standstills > standstills) allowed.push('producer_lost')
    for (const [index, { state, text, error }] of ends.entries()) {
      const whole = words(questions[index]!).join('')
      if (state === 'completed') expect(text).toBe(whole)
      else {
        expect(whole.startsWith(text)).toBe(true)
        if (state === 'cancelled') expect(cancelled).toContain(index)
        else expect(allowed, `${state}: ${error?.type} after ${blows}`).toContain(error?.type)
      }
    }
  },
)

test('Stop on any instance stops the provider, wherever it is asked', async () => {
  for (const size of [2, 3]) {
    // Long enough for a machine that has much else to do: nobody dies here.
    const deployment = await Deployment.start(size, server.url, `stop of ${size}:`, 30_000)
    const client = createClient({ transport: sse({ url: deployment.url }) })
    const seed = 1_000_000 + size
    const question: Question = { seed, count: 1_000_000, everyMs: 5 }
    const session = client.start('chat', question)
    await session.text()[Symbol.asyncIterator]().next()
    const streamId = session.streamId
    const stoppedAt = performance.now()
    const answer = await fetch(`${deployment.urlOf(1)}/chat/${streamId}`, { method: 'DELETE' })
    expect(answer.status).toBe(204)
    await until(() => deployment.hasStopped(seed))
    console.log(`stopped after ${(performance.now() - stoppedAt).toFixed(1)} ms`)
    expect((await session.done).state).toBe('cancelled')
    await deployment.end()
  }
})
