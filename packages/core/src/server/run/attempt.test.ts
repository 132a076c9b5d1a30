import { describe, expect, test } from 'vitest'
import { Harness } from '../../../test/harness.ts'
import type { Part } from '../../parts.ts'
import { settle } from '../../testing/index.ts'
import type { RunContext } from '../definition/define-stream.ts'
import { SOURCE_END_MS } from './attempt.ts'

/** A source whose `next()` is pending, and which does not look at its signal. */
function deafSource() {
  const source = { returned: 0, signal: undefined as AbortSignal | undefined, answer: () => {} }
  const run = ({ signal }: RunContext): AsyncIterable<Part> => ({
    [Symbol.asyncIterator]: () => {
      source.signal = signal
      return {
        next: () =>
          new Promise((resolve) => {
            source.answer = () => resolve({ done: false, value: 'late' })
          }),
        return: async () => {
          source.returned += 1
          return { done: true, value: undefined }
        },
      }
    },
  })
  return { source, run }
}

describe('a source that does not look at its signal', () => {
  test('is told to clean up by a cancel, while it is waited for', async () => {
    const { source, run } = deafSource()
    const harness = new Harness({ definition: { run } })
    const stream = await harness.start()
    await settle()
    await harness.hub.cancel({ streamId: stream.record.streamId })
    await settle()
    expect([source.returned, source.signal?.aborted, stream.ended]).toEqual([1, true, true])
    source.answer()
    await settle()
    expect([source.returned, stream.last]).toEqual([1, 2])
  })

  test('is told to by a timeout, and the next attempt does not wait for it', async () => {
    const { source, run } = deafSource()
    let asked = 0
    const definition = {
      timeouts: { firstChunkMs: 1000 },
      retry: { maxRetries: 1, baseMs: 1000 },
      run: (context: RunContext) => {
        asked += 1
        return run(context)
      },
    }
    const harness = new Harness({ definition })
    await harness.start()
    await harness.clock.pass(1100)
    await settle()
    expect(source.returned).toBe(1)
    await harness.clock.pass(1100)
    expect(asked).toBe(2)
  })

  test('is left behind after a while, which the log says once', async () => {
    let answer = (): void => {}
    async function* run(): AsyncGenerator<Part> {
      await new Promise<void>((resolve) => {
        answer = resolve
      })
      yield 'late'
    }
    const harness = new Harness({ definition: { run } })
    const stream = await harness.start()
    await settle()
    await harness.hub.cancel({ streamId: stream.record.streamId })
    const warnings = () => harness.logged.filter(({ level }) => level === 'warn')
    await harness.clock.pass(SOURCE_END_MS - 1)
    expect(warnings()).toEqual([])
    await harness.clock.pass(2)
    expect(warnings()).toMatchObject([
      { facts: { streamId: stream.record.streamId }, message: expect.stringContaining('signal') },
    ])
    answer()
    await settle()
    await harness.clock.pass(60_000)
    expect([warnings().length, stream.last]).toEqual([1, 2])
  })

  test('that ends in time leaves no alarm', async () => {
    const { run } = deafSource()
    const harness = new Harness({ definition: { run }, log: { keepEndedMs: 1000 } })
    const stream = await harness.start()
    await settle()
    await harness.hub.cancel({ streamId: stream.record.streamId })
    await harness.clock.pass(1100)
    expect(harness.clock.size).toBe(0)
    expect(harness.logged.filter(({ level }) => level === 'warn')).toEqual([])
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('in clean-up')
      },
    ],
    ['rejects', () => Promise.reject(new Error('in clean-up'))],
  ])('and whose return() %s harms nothing', async (_how, onReturn) => {
    const run = (): AsyncIterable<Part> => ({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}), return: onReturn }),
    })
    const harness = new Harness({ definition: { run } })
    const stream = await harness.start()
    await settle()
    await harness.hub.cancel({ streamId: stream.record.streamId })
    await settle()
    expect(stream.ended).toBe(true)
  })

  test('keeps no stream in memory', async () => {
    const { run } = deafSource()
    const harness = new Harness({ definition: { run }, log: { keepEndedMs: 1000 } })
    const start = async (): Promise<WeakRef<object>> => {
      const stream = await harness.start()
      await settle()
      await harness.hub.cancel({ streamId: stream.record.streamId })
      return new WeakRef(harness.log.open(stream.record.streamId)!)
    }
    const log = await start()
    await harness.clock.pass(10_000)
    harness.logged.length = 0
    harness.ends.length = 0
    expect(await isCollected(log)).toBe(true)
  })
})

async function isCollected(ref: WeakRef<object>): Promise<boolean> {
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let tries = 0; tries < 10 && ref.deref() !== undefined; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    collect()
  }
  return ref.deref() === undefined
}
