import { setTimeout as pass } from 'node:timers/promises'
import { createClient, sse } from '@sluice/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Deployment } from './support/deployment.ts'
import { type Question, random, words } from './support/question.ts'
import { RedisServer } from './support/redis-server.ts'

const SCHEDULES = Number(process.env.SLUICE_SCHEDULES ?? 25)
const FIRST_SEED = Number(process.env.SLUICE_SEED ?? 1)
const leaseMs = 500

type Blow = 'kill' | 'close' | 'cut' | 'messages'

let server: RedisServer
let deployments: readonly Deployment[]

beforeAll(async () => {
  server = await RedisServer.start()
  const sizes = [2, 3]
  deployments = await Promise.all(
    sizes.map((size) => Deployment.start(size, server.url, `of ${size}:`, leaseMs)),
  )
}, 30_000)

afterAll(async () => {
  await Promise.all(deployments.map((deployment) => deployment.end()))
  await server.kill()
})

/** What a schedule may end a stream with, by what it did. */
const EXPLAINS: Readonly<Record<Blow, readonly string[]>> = {
  kill: ['producer_lost'],
  close: ['shutting_down'],
  cut: [],
  messages: [],
}

test.for(Array.from({ length: SCHEDULES }, (_, index) => FIRST_SEED + index))(
  'schedule %i: each answer is whole, or ends with an error that the schedule explains',
  { timeout: 40_000 },
  async (seed) => {
    const next = random(seed)
    const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!
    const size = 2 + (seed % 2)
    const deployment = deployments[size - 2]!
    const client = createClient({
      transport: sse({ url: deployment.url, maxConnections: 20 }),
      retry: { baseMs: 10, capMs: 100, maxElapsedMs: 20_000 },
    })
    const questions = Array.from(
      { length: 4 },
      (_, index): Question => ({
        seed: seed * 10 + index,
        count: 20 + Math.floor(next() * 150),
        everyMs: pick([0, 2, 5]),
      }),
    )
    const sessions = questions.map((question) => client.start('chat', question))

    const blows: Blow[] = []
    for (let round = 0; round < 4; round++) {
      await pass(next() * 150)
      const blow = pick<Blow>(['kill', 'close', 'cut', 'messages', 'cut'])
      const index = Math.floor(next() * size)
      blows.push(blow)
      if (blow === 'cut') deployment.cut()
      else if (blow === 'messages') await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
      else {
        await deployment[blow](index)
        await deployment.start(index)
      }
    }

    const allowed = blows.flatMap((blow) => EXPLAINS[blow])
    for (const [index, session] of sessions.entries()) {
      const { state, text, error } = await session.done
      const whole = words(questions[index]!).join('')
      if (state === 'completed') expect(text).toBe(whole)
      else {
        expect(allowed, `${state}: ${error?.type} after ${blows}`).toContain(error?.type)
        expect(whole.startsWith(text)).toBe(true)
      }
    }
  },
)
