import { type ModelServer, type ModelServerOptions, startModelServer } from '@sluice/model-server'
import type { FastifyInstance } from 'fastify'
import { buildDemo, type DemoOptions } from '../../src/server/app.ts'
import { builtPage } from '../../src/server/built-page.ts'
import { listen } from '../../src/server/listen.ts'
import { openModelSource } from '../../src/server/model-source.ts'

/** A demo that listens, and the model server that it asks. */
export interface RunningDemo {
  readonly app: FastifyInstance
  readonly url: string
  readonly port: number
  readonly model: ModelServer
  close(): Promise<void>
}

/** What {@link startDemo} takes. */
export interface StartDemoOptions extends Pick<DemoOptions, 'retryMs'> {
  /** How fast the model talks. */
  readonly pace?: ModelServerOptions
  /** Called before the demo listens: the time to add hooks. */
  readonly prepare?: (app: FastifyInstance) => void
}

/** Starts both in this process, each on a free port. */
export async function startDemo({ pace, prepare, ...options }: StartDemoOptions = {}): Promise<RunningDemo> {
  const model = await startModelServer(pace)
  const source = await openModelSource({
    source: 'compatible',
    model: 'gpt-5-mini',
    apiKey: 'none',
    baseURL: model.baseURL,
  })
  // What `npm start` says without a key: there too it is this server.
  const local = { ...source, name: 'local model server' }
  const app = await buildDemo({ source: local, page: builtPage, closeDeadlineMs: 1_000, ...options })
  prepare?.(app)
  const url = await listen(app, { host: '127.0.0.1', port: 0 })
  return {
    app,
    url,
    port: Number(new URL(url).port),
    model,
    async close() {
      await app.close()
      await model.close()
    },
  }
}
