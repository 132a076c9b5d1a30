import { createHub, defineStream } from '@sluice/core/server'
import { z } from 'zod'
import { redisLog } from '../../src/index.ts'

// A process that runs one stream, word after word, for as long as it lives. It says the stream's id, and how it ended.
const [url, keyPrefix, leaseMs, onProducerLost] = process.argv.slice(2)

const chat = defineStream({
  input: z.unknown(),
  onProducerLost: onProducerLost === 'restart' ? { maxRestarts: 2 } : 'end',
  async *run({ signal, saveCheckpoint }) {
    saveCheckpoint('resp_1')
    for (let word = 0; ; word++) {
      yield `${word} `
      await new Promise((resolve) => setTimeout(resolve, 10))
      signal.throwIfAborted()
    }
  },
  onEnd: ({ error, outcome }) => {
    process.send?.({ ended: error?.type ?? outcome })
  },
})

const hub = createHub({
  streams: { chat },
  log: redisLog({ url: url!, keyPrefix: keyPrefix!, leaseMs: Number(leaseMs) }),
})
const { record } = await hub.start({
  stream: 'chat',
  input: { question: 'why?' },
  owner: onProducerLost === 'restart' ? 'ada' : undefined,
  idempotencyKey: 'k'.repeat(32),
})
process.send?.({ streamId: record.streamId })
