import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { seededRandom } from '@sluice/random'
import { afterAll, expect, test } from 'vitest'
import { ServerProcess } from './support/process.ts'
import { RawViewer } from './support/viewer.ts'

const SEEDS = Number(process.env.SLUICE_SEEDS ?? 30)
const ANSWERS = 20
const folder = mkdtempSync(join(tmpdir(), 'sluice-crash-'))

afterAll(() => rmSync(folder, { recursive: true }))

const numbersUpTo = (count: number): string => Array.from({ length: count }, (_, n) => `${n} `).join('')

test(`${SEEDS} kills in a row: nothing that a viewer has seen is missing, and nothing comes twice`, {
  timeout: 60_000 + SEEDS * 20_000,
}, async () => {
  const path = join(folder, 'killed.db')
  let server = await ServerProcess.start(path)
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = seededRandom(seed)
    const viewers = Array.from({ length: ANSWERS }, () => new RawViewer())
    const reading = viewers.map((viewer) =>
      viewer.start(server.url, 'numbers', { count: 20_000, pauseMs: Math.floor(random() * 3) }),
    )
    // The moment is random, and that is the point; nothing is asserted about it.
    await pass(20 + random() * 200)
    await server.kill()
    await Promise.all(reading)
    const before = viewers.map(({ last }) => last)

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
  await server.stop()
})
