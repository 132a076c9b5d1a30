import { fileURLToPath } from 'node:url'
import { FaultProxy, schedule } from '@sluice/fault-proxy'
import { launchChromium } from '@sluice/programs/chromium'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { AgentServer, partsOf, textOf } from './agent-server.ts'

const runs = Number(process.env.SLUICE_RUNS ?? 100)
const firstSeed = Number(process.env.SLUICE_SEED ?? 1)
const LINES = 4

test(`in ${runs} schedules of faults the clients show what was produced, of one generation, in Chromium`, async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('in-page.ts', import.meta.url))],
    ...{ bundle: true, write: false, format: 'iife', globalName: 'page', conditions: ['sluice-source'] },
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const server = await AgentServer.listen({ heartbeatMs: 200 })
  const browser = await launchChromium()
  let faulted = 0
  let seed = firstSeed
  const line = async (): Promise<void> => {
    const tab = await browser.newPage()
    await tab.route('**/page', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<meta charset=utf-8><script>${outputFiles[0]!.text}</script>`,
      }),
    )
    while (seed < firstSeed + runs) {
      const mine = seed++
      // A port of its own: over a connection that is kept alive from an earlier schedule there would be no faults.
      const proxy = await FaultProxy.before(server.port)
      // Before the page is there: a browser opens connections before it needs them.
      proxy.faults = schedule(mine)
      await tab.goto(`${proxy.url}/page`)
      const text = await tab.evaluate(
        ([name, question]) =>
          (globalThis as unknown as { page: typeof import('./in-page.ts') }).page.ask(name, question),
        [mine % 2 === 0 ? 'HttpAgent' : 'ChatClient', mine] as const,
      )
      expect([mine, text]).toEqual([mine, textOf(partsOf(mine))])
      faulted += proxy.faulted
      await proxy.close()
    }
    await tab.close()
  }
  await Promise.all(Array.from({ length: LINES }, line))
  expect(server.runs.sort((a, b) => a - b)).toEqual(Array.from({ length: runs }, (_, at) => firstSeed + at))
  expect(faulted).toBeGreaterThan(runs / 2)
  await browser.close()
  await server.close()
}, 3_600_000)
