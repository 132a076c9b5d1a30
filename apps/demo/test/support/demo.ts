import { randomBytes } from 'node:crypto'
import { memoryLog, type RunTimeouts } from '@sluice/core/server'
import { type ModelServer, type ModelServerOptions, startModelServer } from '@sluice/model-server'
import type { FastifyInstance } from 'fastify'
import { buildDemo, type DemoOptions } from '../../src/server/app.ts'
import { builtPage } from '../../src/server/built-page.ts'
import { listen } from '../../src/server/listen.ts'
import { localModels, openModelSource } from '../../src/server/model-source.ts'
import { openStore, type Store } from '../../src/server/store/store.ts'
import { HeldAnswers } from './held-answers.ts'

/** A demo that listens, and the model server that it asks. */
export interface RunningDemo {
  readonly app: FastifyInstance
  readonly url: string
  readonly port: number
  readonly model: ModelServer
  readonly store: Store
  /** For what a test does in the middle of an answer. */
  readonly answers: HeldAnswers
  close(): Promise<void>
}

/** Options of {@link startDemo}. */
export interface StartDemoOptions extends Partial<Omit<DemoOptions, 'source' | 'store'>> {
  /** How fast the model talks. */
  readonly pace?: ModelServerOptions
  /** Called before the demo listens: the time to add hooks. */
  readonly prepare?: (app: FastifyInstance) => void
  /** How long the model may be silent. @default a minute, for a test that holds an answer on a busy machine */
  readonly timeouts?: RunTimeouts
  /** The folder of the conversations. @default in memory */
  readonly dataDir?: string
}

/** Starts both in this process, each on a free port. */
export async function startDemo(options: StartDemoOptions = {}): Promise<RunningDemo> {
  const { pace, prepare, timeouts, dataDir, ...given } = options
  const model = await startModelServer(pace)
  // The same as `npm start` without a key, except for the handle on the model server.
  const local = localModels(
    await openModelSource({
      source: 'compatible',
      model: 'gpt-5-mini',
      apiKey: 'none',
      baseURL: model.baseURL,
    }),
  )
  const answers = new HeldAnswers()
  const source = {
    ...local,
    client: local.client.withOptions({ fetch: answers.fetch }),
    timeouts: timeouts ?? { firstChunkMs: 60_000, chunkMs: 60_000 },
  }
  const store = openStore(dataDir)
  const secret = randomBytes(32).toString('base64url')
  const defaults = { page: builtPage, closeDeadlineMs: 1_000, log: memoryLog(), secret }
  const app = await buildDemo({ ...defaults, ...given, source, store })
  prepare?.(app)
  const url = await listen(app, { host: '127.0.0.1', port: 0 })
  return {
    app,
    url,
    port: Number(new URL(url).port),
    model,
    store,
    answers,
    async close() {
      await app.close()
      store.close()
      await model.close()
    },
  }
}
