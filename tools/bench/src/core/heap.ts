import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { z } from 'zod'

const never = new Promise<void>(() => {})

/** Bytes of heap for each of `streams` that run with a viewer, beyond the text, which is kept outside the heap. */
export async function heapPerStream(streams: number): Promise<number> {
  const collectGarbage = garbageCollector()
  const chat = defineStream({
    input: z.unknown(),
    run: async function* () {
      for (let index = 0; index < 20; index++) yield 'some words of an answer'
      await never
    },
  })
  const hub = createHub({ streams: { chat }, log: memoryLog(), limits: { maxStreams: streams } })
  const before = await settledHeap(collectGarbage)
  for (let index = 0; index < streams; index++) {
    const handle = await hub.start({ stream: 'chat', input: 0 })
    handle.attach({
      after: 0,
      framing: ({ byteLength }) => Buffer.alloc(byteLength),
      sink: { write: () => true, end() {} },
    })
  }
  const after = await settledHeap(collectGarbage)
  await hub.close({ deadlineMs: 0 })
  return (after - before) / streams
}

async function settledHeap(collectGarbage: () => void): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await nextTurn()
    collectGarbage()
  }
  return process.memoryUsage().heapUsed
}

/** Without a flag on the command line, which a user of the benchmark would have to know of. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
}
