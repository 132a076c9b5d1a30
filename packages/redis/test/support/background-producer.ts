import { createHub } from '@sluice/core/server'
import { redisLog } from '../../src/index.ts'
import { backgroundChat } from './definitions.ts'

// A process that asks the provider for a response in the background. It says the stream's id.
const [url, keyPrefix, leaseMs, baseURL] = process.argv.slice(2)

const hub = createHub({
  streams: { chat: backgroundChat(baseURL!) },
  log: redisLog({ url: url!, keyPrefix: keyPrefix!, leaseMs: Number(leaseMs) }),
})
const { record } = await hub.start({ stream: 'chat', input: 'why?' })
process.send?.({ streamId: record.streamId })
