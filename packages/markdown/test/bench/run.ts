// Prints what showing a growing text costs in Chromium: `pnpm bench`, or `pnpm bench mixed list` for some documents.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { launchChromium } from '@sluice/programs/chromium'
import { build } from 'esbuild'
import type { CDPSession, Page } from 'playwright-core'
import { documentOf, kinds } from './documents.ts'
import { type Figure, goals } from './goals.ts'
import type * as bench from './page.ts'

declare global {
  interface Window {
    bench: typeof bench
  }
}

/** Characters: a token, and what comes in a frame at 500 tokens a second. */
const STEPS = { token: 4, frame: 33 }
const SMALL = 10_000
const LARGE = 100_000
/** What takes longer is stopped, and its whole is estimated. */
const CAP_MS = 5_000

const fast = ['@sluice/markdown', 'streaming-markdown']
const slow = ['streamdown', 'react-markdown', 'marked + DOMPurify']

interface Cost {
  readonly ms: number
  readonly longestMs: number
  readonly nodes: number
  readonly isEstimate: boolean
}

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('./page.ts', import.meta.url))],
  bundle: true,
  minify: true,
  write: false,
  format: 'iife',
  globalName: 'bench',
  define: { 'process.env.NODE_ENV': '"production"' },
})
const script = outputFiles[0]!.text
const browser = await launchChromium()
const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string' }, only: { type: 'string' }, rounds: { type: 'string', default: '5' } },
})
const shown = kinds.filter((kind) => wanted.length === 0 || wanted.includes(kind))

console.log(
  '| document | step | subject | 10 KB, ms | 100 KB, ms | growth | longest step, ms | heap, MB | nodes |',
)
console.log('|---|---|---|--:|--:|--:|--:|--:|--:|')
const totals = new Map<string, number>()
const figures: Figure[] = []
for (const kind of shown) {
  for (const [step, length] of Object.entries(STEPS)) {
    const page = await openPage()
    const rows = new Map<string, [small: Cost, large: Cost]>()
    // Taken in turns, so that whatever else the machine does meets both.
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const subject of fast.filter(isWanted)) {
        const costs = await both(page, subject, kind, length)
        rows.set(subject, best(rows.get(subject), costs))
      }
    }
    await page.close()
    for (const subject of slow.filter(isWanted)) {
      const page = await openPage()
      rows.set(subject, await both(page, subject, kind, length))
      await page.close()
    }
    for (const [subject, [small, large]] of rows) {
      totals.set(`${kind} ${step} ${subject}`, large.ms)
      const heap = await heapOf(subject, documentOf(kind, LARGE))
      const growth = `${(large.ms / small.ms).toFixed(1)}×`
      figures.push({
        document: kind,
        step,
        subject,
        smallMs: small.ms,
        largeMs: large.ms,
        heapMb: Number(heap),
        nodes: large.nodes,
        isEstimate: large.isEstimate,
      })
      const cells = [kind, step, subject, time(small), time(large), growth, large.longestMs.toFixed(0), heap]
      console.log(`| ${cells.join(' | ')} | ${large.isEstimate ? '' : large.nodes} |`)
    }
  }
}
console.log(
  '\n~ was stopped after 5 s: the whole is reckoned from how much more each step cost than the one before.\n',
)
for (const goal of goals) {
  const found = goal.measure((kind, step, subject) => totals.get(`${kind} ${step} ${subject}`) ?? Number.NaN)
  if (Number.isNaN(found)) continue
  const isMet = goal.atLeast ? found >= goal.limit : found <= goal.limit
  const relation = goal.atLeast ? 'at least' : 'at most'
  console.log(
    `${goal.title}: ${found.toFixed(2)}, goal ${relation} ${goal.limit}: ${isMet ? 'met' : 'missed'}`,
  )
}
if (values.out !== undefined) keep(values.out)
if (wanted.length === 0 || wanted.includes('live')) await runLive()
await browser.close()

function isWanted(subject: string): boolean {
  return values.only === undefined || values.only.split(',').includes(subject)
}

/** Adds the figures to a file: they take the place of earlier ones. */
function keep(path: string): void {
  const isSame = (a: Figure) => (b: Figure) =>
    a.document === b.document && a.step === b.step && a.subject === b.subject
  const earlier = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Figure[]) : []
  const kept = earlier.filter((figure) => !figures.some(isSame(figure)))
  writeFileSync(path, `${JSON.stringify([...kept, ...figures], null, 2)}\n`)
}

async function openPage(): Promise<Page> {
  const page = await browser.newPage()
  // Nothing is laid out: this is about script and DOM.
  await page.setContent('<!doctype html><title>bench</title><body hidden>')
  await page.addScriptTag({ content: script })
  return page
}

/** One text of 10 KB, as the mean of ten in a row, so that both sizes pay for their garbage; and one of 100 KB. */
async function both(
  page: Page,
  subject: string,
  kind: (typeof kinds)[number],
  step: number,
): Promise<[Cost, Cost]> {
  const count = fast.includes(subject) ? 10 : 1
  const small = await run(page, subject, new Array(count).fill(documentOf(kind, SMALL)), step)
  return [{ ...small, ms: small.ms / count }, await run(page, subject, [documentOf(kind, LARGE)], step)]
}

async function run(page: Page, subject: string, texts: string[], step: number): Promise<Cost> {
  await page.evaluate(() => document.body.replaceChildren())
  const session = await page.context().newCDPSession(page)
  // The main thread's own time on a processor, whatever else the machine does.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const before = await taskMs(session)
  const { longestMs, part, wholeToPart } = await page.evaluate(
    ([name, all, length, cap]) => window.bench.measure(name, all, length, cap),
    [subject, texts, step, CAP_MS] as const,
  )
  const ms = (await taskMs(session)) - before
  await session.detach()
  const nodes = await page.evaluate(() => window.bench.countNodes())
  return { ms: ms * wholeToPart, longestMs, nodes, isEstimate: part < 1 }
}

async function taskMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'TaskDuration')!.value * 1000
}

function best(before: [Cost, Cost] | undefined, now: [Cost, Cost]): [Cost, Cost] {
  if (before === undefined) return now
  const faster = (a: Cost, b: Cost): Cost => (a.ms < b.ms ? a : b)
  return [faster(before[0], now[0]), faster(before[1], now[1])]
}

function time({ ms, isEstimate }: Cost): string {
  return `${isEstimate ? '~' : ''}${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)}`
}

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** What it took of the thread's own time, in µs. */
  readonly tdur?: number
  readonly args: { readonly name?: string }
}

/** Streams 100 KB at 500 tokens a second, laid out and painted, and says how long the main thread's tasks are. */
async function runLive(): Promise<void> {
  const page = await openPage()
  await page.evaluate(() => document.body.removeAttribute('hidden'))
  await browser.startTracing(page, { categories: ['toplevel'] })
  const stats = await page.evaluate((text) => window.bench.live(text, 500), documentOf('mixed', LARGE))
  const { traceEvents } = JSON.parse(String(await browser.stopTracing())) as { traceEvents: TraceEvent[] }
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`
  const isMain = ({ name, args }: TraceEvent): boolean =>
    name === 'thread_name' && args.name === 'CrRendererMain'
  const mains = new Set(traceEvents.filter(isMain).map(threadOf))
  const tasks = traceEvents
    .filter((event) => event.name.endsWith('RunTask') && mains.has(threadOf(event)))
    .map(({ tdur = 0 }) => tdur / 1000)
  const long = tasks.filter((ms) => ms > 50).length
  const longest = Math.max(...tasks).toFixed(0)
  console.log(`live, 100 KB at 500 tokens a second: ${long} tasks over 50 ms, the longest took ${longest} ms`)
  console.log(`${stats.frames} updates of ${stats.meanRenderMs.toFixed(2)} ms on average`)
}

/** What is kept of a text that is shown, in MB: script and DOM. */
async function heapOf(subject: string, text: string): Promise<string> {
  const page = await openPage()
  const session = await page.context().newCDPSession(page)
  // The first text makes what every later one finds there.
  await page.evaluate((name) => window.bench.measure(name, ['# a\n\n- b\n'], 4, 1_000), subject)
  const before = await heap(session)
  // In a few large steps: what is kept does not depend on the cuts, and the slow ones get there.
  await page.evaluate(([name, all]) => window.bench.measure(name, [all], 20_000, 60_000), [
    subject,
    text,
  ] as const)
  const after = await heap(session)
  await page.close()
  return ((after - before) / 1e6).toFixed(1)
}

async function heap(session: CDPSession): Promise<number> {
  // What is collected first may be all that held something else.
  for (let count = 0; count < 3; count++) await session.send('HeapProfiler.collectGarbage')
  const usage = await session.send('Runtime.getHeapUsage')
  return usage.usedSize + (usage.embedderHeapUsedSize ?? 0)
}
