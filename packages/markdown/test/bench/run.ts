// Prints how long showing a growing text takes in Chromium: `pnpm bench`.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { launchChromium } from '../support/chromium.ts'
import { documentOf, kinds } from './documents.ts'
import type * as bench from './page.ts'

declare global {
  interface Window {
    bench: typeof bench
  }
}

/** Characters: a token, and what comes in a frame at 500 tokens a second. */
const TOKEN = 4
const FRAME = 33

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('./page.ts', import.meta.url))],
  bundle: true,
  minify: true,
  write: false,
  format: 'iife',
  globalName: 'bench',
})
const browser = await launchChromium()
const page = await browser.newPage()
await page.addScriptTag({ content: outputFiles[0]!.text })

const subjects = ['@sluice/markdown', 'streaming-markdown', 'marked + DOMPurify']
console.log(
  '| document | subject | per | 10 KB, ms (1 KB: marked) | 100 KB, ms (10 KB: marked) | growth | nodes |',
)
console.log('|---|---|---|--:|--:|--:|--:|')
for (const kind of kinds) {
  for (const subject of subjects) {
    for (const piece of [TOKEN, FRAME]) {
      // What renders everything again for each step takes minutes at 100 KB: a tenth of that says enough.
      const again = subject.startsWith('marked')
      if (again && piece === TOKEN) continue
      const small = await run(subject, documentOf(kind, again ? 1_000 : 10_000), piece)
      const large = await run(subject, documentOf(kind, again ? 10_000 : 100_000), piece)
      const growth = (large.scriptMs / small.scriptMs).toFixed(1)
      const per = piece === TOKEN ? 'token' : 'frame'
      const times = `${small.scriptMs.toFixed(0)} | ${large.scriptMs.toFixed(0)}`
      console.log(`| ${kind} | ${subject} | ${per} | ${times} | ${growth}× | ${large.nodes} |`)
    }
  }
}
await browser.close()

/** The best of five runs: the others say what else the machine did. */
async function run(subject: string, text: string, piece: number): Promise<bench.Measurement> {
  const runs: bench.Measurement[] = []
  for (let count = 0; count < 5; count++) {
    runs.push(
      await page.evaluate(([name, all, length]) => window.bench.measure(name, all, length), [
        subject,
        text,
        piece,
      ] as const),
    )
  }
  return runs.reduce((best, next) => (next.scriptMs < best.scriptMs ? next : best))
}
