import { uiMessages } from '@sluice/wires/ai-sdk'
import type { Contestant } from '../contestant.ts'
import { aiSdk } from './ai-sdk.ts'
import { bare, bareCoalesced } from './bare.ts'
import { bareWs, bareWsRoom } from './bare-ws.ts'
import { betterSse } from './better-sse.ts'
import { peerFastifySse } from './fastify-sse.ts'
import { fastifyWebsocket } from './fastify-websocket.ts'
import { resumableStream } from './resumable-stream.ts'
import { bareRoom, betterSseRoom } from './rooms.ts'
import { sluiceOnWire, sluiceSse, sluiceWs } from './sluice.ts'
import { socketIo } from './socket-io.ts'

/** All that can be measured, by the name that they have on the command line. */
export const contestants = {
  bare,
  'bare-coalesced': bareCoalesced,
  'bare-room': bareRoom,
  'fastify-sse': peerFastifySse,
  'better-sse': betterSse,
  'better-sse-room': betterSseRoom,
  'ai-sdk': aiSdk,
  'resumable-stream': resumableStream,
  sluice: sluiceSse(),
  'sluice-ui-messages': sluiceOnWire(uiMessages, 'UI message stream'),
  'sluice-flush50': sluiceSse({ flushMs: 50 }),
  'sluice-redis': sluiceSse({ log: 'Redis' }),
  'sluice-redis-linger50': sluiceSse({ log: 'Redis', lingerMs: 50 }),
  'sluice-sqlite': sluiceSse({ log: 'SQLite' }),
  'bare-ws': bareWs,
  'bare-ws-room': bareWsRoom,
  'fastify-websocket': fastifyWebsocket,
  'socket.io': socketIo,
  'sluice-ws': sluiceWs(),
  'sluice-ws-flush50': sluiceWs({ flushMs: 50 }),
  'sluice-ws-redis': sluiceWs({ log: 'Redis' }),
  'sluice-ws-redis-linger50': sluiceWs({ log: 'Redis', lingerMs: 50 }),
  'sluice-ws-sqlite': sluiceWs({ log: 'SQLite' }),
  'sluice-without-outlet': sluiceSse({ without: 'outlet' }),
  'sluice-without-response': sluiceSse({ without: 'response' }),
  'sluice-without-shared-memory': sluiceSse({ without: 'shared-memory' }),
  'sluice-ws-without-frames': sluiceWs({ without: 'frames' }),
  'sluice-ws-without-shared-memory': sluiceWs({ without: 'shared-memory' }),
} as const satisfies Readonly<Record<string, Contestant>>

export type ContestantName = keyof typeof contestants
