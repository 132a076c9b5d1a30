import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { afterAll, beforeAll } from 'vitest'
import type { RenderOptions } from '../../../src/options.ts'
import type { Request } from './worker.ts'

/** Counts the steps of a growing text, in a thread of its own: the counter of patterns needs a deep stack. */
export class StepCounter {
  #worker!: Worker
  #folder!: string

  constructor() {
    beforeAll(async () => {
      const { outputFiles } = await build({
        entryPoints: [fileURLToPath(new URL('./worker.ts', import.meta.url))],
        bundle: true,
        write: false,
        platform: 'node',
        format: 'esm',
      })
      this.#folder = mkdtempSync(join(tmpdir(), 'sluice-steps-'))
      const script = join(this.#folder, 'worker.mjs')
      writeFileSync(script, outputFiles[0]!.contents)
      this.#worker = new Worker(script, { resourceLimits: { stackSizeMb: 200 } })
    })
    afterAll(async () => {
      await this.#worker.terminate()
      rmSync(this.#folder, { recursive: true })
    })
  }

  stepsOn(text: string, piece: number, options: RenderOptions = {}): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#worker.removeAllListeners()
      this.#worker.once('message', resolve)
      this.#worker.once('error', reject)
      this.#worker.postMessage({ text, piece, options } satisfies Request)
    })
  }
}
