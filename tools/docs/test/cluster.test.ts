import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createClient, ws } from '@sluice/client'
import type { HubMetrics } from '@sluice/core/server'
import { RedisServer } from '@sluice/programs/redis'
import { expect, onTestFinished, test } from 'vitest'
import type { Streams } from '../examples/cluster.ts'

/** Two workers that listen on one port. */
async function startCluster(redisUrl: string): Promise<{ primary: ChildProcess; port: number }> {
  const example = fileURLToPath(new URL('../examples/cluster.ts', import.meta.url))
  const primary = spawn(process.execPath, ['--conditions=sluice-source', example], {
    env: { ...process.env, WORKERS: '2', REDIS_URL: redisUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void primary.kill('SIGKILL'))
  const ports: number[] = []
  for await (const line of createInterface(primary.stdout!)) {
    if (line.startsWith('port ')) ports.push(Number(line.slice(5)))
    if (ports.length === 2) return { primary, port: ports[0]! }
  }
  throw new Error('The cluster has ended.')
}

interface WorkerMetrics extends HubMetrics {
  readonly pid: number
  readonly connections: number
}

/** Of each worker, by asking until both have answered. */
async function metricsOf(port: number, workers: number): Promise<WorkerMetrics[]> {
  const found = new Map<number, WorkerMetrics>()
  while (found.size < workers) {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } })
    const metrics = (await answer.json()) as WorkerMetrics
    found.set(metrics.pid, metrics)
  }
  return [...found.values()]
}

test('one process per core: any of them serves any stream, and counts its own', async () => {
  const redis = await RedisServer.start()
  onTestFinished(() => redis.kill())
  const { primary, port } = await startCluster(redis.url)
  const connectOne = () =>
    createClient<Streams>({ transport: ws({ url: `ws://127.0.0.1:${port}/streams/ws` }) })
  const first = connectOne().start('count', { to: 60 })
  for await (const text of first.text()) if (text !== '') break
  // New connections go to the workers in turn.
  const others = Array.from({ length: 5 }, () => connectOne().attach('count', first.streamId!))
  const whole = Array.from({ length: 60 }, (_, index) => `${index + 1} `).join('')
  for (const session of [first, ...others]) {
    expect(await session.done).toMatchObject({ state: 'completed', text: whole })
  }
  const metrics = await metricsOf(port, 2)
  expect(metrics.map(({ streams }) => streams.started).toSorted()).toEqual([0, 1])
  expect(metrics.every(({ viewers }) => viewers.attached > 0)).toBe(true)
  expect(metrics.reduce((sum, { viewers }) => sum + viewers.attached, 0)).toBe(6)

  primary.kill('SIGTERM')
  expect(await once(primary, 'exit')).toEqual([0, null])
}, 60_000)
