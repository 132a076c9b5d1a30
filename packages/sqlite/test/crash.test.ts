import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@sluice/random'
import { afterAll, expect, test } from 'vitest'
import { ServerProcess } from './support/process.ts'
import { RawViewer } from './support/viewer.ts'

const SEEDS = Number(process.env.SLUICE_SEEDS ?? 30)
const ANSWERS = 20
const folder = mkdtempSync(join(tmpdir(), 'sluice-crash-'))

afterAll(async () => {
  await ServerProcess.killAll()
  rmSync(folder, { recursive: true })
})

const numbersUpTo = (count: number): string => Array.from({ length: count }, (_, n) => `${n} `).join('')

test(`${SEEDS} kills in a row: nothing that a viewer has seen is missing, and nothing comes twice`, {
  timeout: 60_000 + SEEDS * 20_000,
}, async () => {
  const path = join(folder, 'killed.db')
  let server = await ServerProcess.start(path)
  let seen = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = seededRandom(seed)
    const viewers = Array.from({ length: ANSWERS }, () => new RawViewer())
    const reading = viewers.map((viewer) =>
      viewer.start(server.url, 'numbers', { count: 20_000, pauseMs: Math.floor(random() * 3) }),
    )
    // The moment is random, and that is the point.
    await viewers[0]!.reaches(2 + Math.floor(random() * 400))
    await server.kill()
    await Promise.all(reading)
    const before = viewers.map(({ last }) => last)
    seen += before.reduce((sum, last) => sum + last, 0)

    server = await ServerProcess.start(path)
    await Promise.all(
      viewers.map(async (viewer, index) => {
        // The server died before it had answered.
        if (viewer.streamId === undefined) return
        await viewer.resume(server.url, 'numbers')
        const where = `seed ${seed}, answer ${index}, seen ${before[index]}`
        expect(viewer.ended, where).toBe(true)
        expect(numbersUpTo(20_000).startsWith(viewer.text), where).toBe(true)
        const fresh = new RawViewer()
        fresh.streamId = viewer.streamId
        await fresh.resume(server.url, 'numbers')
        expect(fresh.texts, where).toEqual(viewer.texts)
      }),
    )
  }
  expect(seen).toBeGreaterThan(SEEDS * 100)
  await server.stop()
})

test('what begins anew goes on from its checkpoint, under the same key, and is asked once for each life', async () => {
  const path = join(folder, 'again.db')
  let server = await ServerProcess.start(path)
  const viewer = new RawViewer()
  const reading = viewer.start(server.url, 'again', { count: 300, pauseMs: 20 })
  await viewer.reaches(20)
  await server.kill()
  await reading
  expect(server.asked).toEqual([{ from: 0, restarts: 0 }])

  server = await ServerProcess.start(path)
  await viewer.resume(server.url, 'again')
  const { restarted_as } = viewer.events.at(-1)!.context!
  const successor = new RawViewer()
  successor.streamId = restarted_as!
  await successor.resume(server.url, 'again')
  const [{ from, restarts }] = server.asked as [{ from: number; restarts: number }]
  expect([server.asked.length, restarts]).toEqual([1, 1])
  expect(successor.text).toBe(numbersUpTo(300).slice(numbersUpTo(from).length))
  expect(viewer.text.startsWith(numbersUpTo(from))).toBe(true)

  const repeated = new RawViewer(viewer.key)
  await repeated.start(server.url, 'again', { count: 300, pauseMs: 20 })
  expect([repeated.streamId, server.asked.length]).toEqual([restarted_as, 1])
  await server.stop()
})

test('a deploy ends what runs with shutting_down, and what has ended is there after it', async () => {
  const path = join(folder, 'deploy.db')
  let server = await ServerProcess.start(path)
  const short = new RawViewer()
  await short.start(server.url, 'numbers', { count: 100, pauseMs: 0 })
  await server.stop()
  server = await ServerProcess.start(path)
  const later = new RawViewer()
  later.streamId = short.streamId
  await later.resume(server.url, 'numbers')
  expect(later.texts).toEqual(short.texts)
  expect(later.text).toBe(numbersUpTo(100))
  await server.stop()
})
