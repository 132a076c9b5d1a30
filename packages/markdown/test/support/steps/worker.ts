import { parentPort } from 'node:worker_threads'
import type { RenderOptions } from '../../../src/options.ts'
import { GrowingDocument } from '../../../src/render/document.ts'
import { FootnoteWriter } from '../../../src/render/footnotes.ts'
import { MiniDocument } from '../../../src/server/nodes.ts'
import { countSteps } from './count.ts'

/** What is to be counted. */
export interface Request {
  readonly text: string
  /** Characters in a piece; each is shown before the next comes. */
  readonly piece: number
  readonly options: RenderOptions
}

parentPort!.on('message', ({ text, piece, options }: Request) => {
  const steps = countSteps('worker.mjs', () => {
    const root = new MiniDocument().createElement('div')
    const growing = new GrowingDocument(root as unknown as Element, options, { FootnoteWriter })
    for (let at = 0; at < text.length; at += piece) {
      growing.add(text.slice(at, at + piece))
      growing.show()
    }
    growing.finish()
  })
  parentPort!.postMessage(steps)
})
