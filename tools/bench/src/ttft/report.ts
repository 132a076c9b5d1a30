import { type ModelServer, startModelServer } from '@sluice/model-server'
import { startDemo } from './demo-process.ts'
import { directClient } from './direct-client.ts'
import type { Client } from './first-token.ts'
import { nodeClient } from './node-client.ts'
import { pageClient } from './page-client.ts'
import { quantile } from './quantile.ts'

/** With those before them fewer than the starts that the demo grants a visitor in a minute. */
const RUNS = 40
/** Not counted: connections are opened, and code is compiled. */
const WARM_UPS = 10
/** Answers with the question: short, so that a run is, and more than one token. */
const MODEL = 'sluice-echo'
const MODEL_TTFT_MS = 20

interface Measured {
  readonly name: string
  /** From the question to the first token, in milliseconds. */
  readonly ttftMs: number[]
  /** That, without what the model itself took between question and first token. */
  readonly addedMs: number[]
  /** From the model server's first write to the client's first sight. */
  readonly wayBackMs: number[]
}

/**
 * Time to the first token as clients see it, over the model's own, as a Markdown table. One question at a time: it
 * is latency, not load.
 */
export async function ttftReport(): Promise<string> {
  const model = await startModelServer({
    ttftMs: MODEL_TTFT_MS,
    jitter: 0,
    tokensPerSecond: Number.POSITIVE_INFINITY,
  })
  const demo = await startDemo(model.baseURL, MODEL)
  try {
    const clients = [
      directClient(model.baseURL, MODEL),
      await nodeClient(demo.url),
      await pageClient(demo.url),
    ]
    const rows: Measured[] = []
    for (const client of clients) rows.push(await measure(client, model))
    return table(rows)
  } finally {
    await demo.close()
    await model.close()
  }
}

async function measure(client: Client, model: ModelServer): Promise<Measured> {
  const measured: Measured = { name: client.name, ttftMs: [], addedMs: [], wayBackMs: [] }
  try {
    for (let run = 0; run < WARM_UPS + RUNS; run++) {
      const { askedAt, seenAt } = await client.ask(`Question number ${run} of this client.`)
      const { startedAt, firstTokenAt, ended } = await model.nextRequest()
      await ended
      if (firstTokenAt === undefined) throw new Error('The model server wrote no token.')
      if (run < WARM_UPS) continue
      measured.ttftMs.push(seenAt - askedAt)
      measured.addedMs.push(seenAt - askedAt - (firstTokenAt - startedAt))
      measured.wayBackMs.push(seenAt - firstTokenAt)
    }
  } finally {
    await client.close()
  }
  return measured
}

function table(rows: readonly Measured[]): string {
  const ms = (values: readonly number[]) =>
    [0.5, 0.99].map((share) => quantile(values, share).toFixed(1)).join(' / ')
  return [
    `Time to first token, over the model’s own of ${MODEL_TTFT_MS} ms; p50 / p99 of ${RUNS} runs, in ms`,
    '',
    '| client | in all | added | of that, from the model’s first write on |',
    '|---|---:|---:|---:|',
    ...rows.map(
      ({ name, ttftMs, addedMs, wayBackMs }) =>
        `| ${name} | ${ms(ttftMs)} | ${ms(addedMs)} | ${ms(wayBackMs)} |`,
    ),
  ].join('\n')
}
