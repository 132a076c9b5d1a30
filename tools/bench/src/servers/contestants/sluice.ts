import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { createHub, defineStream, type Hub, memoryLog, type StreamLog } from '@sluice/core/server'
import type { Wire } from '@sluice/core/transport'
import { fastifySse, streamServer } from '@sluice/fastify-sse'
import { fastifyWs } from '@sluice/fastify-ws'
import { redisLog } from '@sluice/redis'
import { sqliteLog } from '@sluice/sqlite'
import fastify, { type FastifyInstance } from 'fastify'
import { z } from 'zod'
import { type Contestant, LISTEN } from '../contestant.ts'
import { startRedis } from '../server/redis.ts'
import { sqliteFile } from '../server/sqlite.ts'
import { Tokens } from '../server/tokens.ts'

interface SluiceOptions {
  readonly flushMs?: number
  /** @default 'memory' */
  readonly log?: 'memory' | 'Redis' | 'SQLite'
  /** How long the log on Redis gathers events. @default its own */
  readonly lingerMs?: number
  /** A way past a public interface that is not taken. @default all are */
  readonly without?: Bypass
}

/** The ways past public interfaces that the plugins and the log take because they are faster. */
export type Bypass = keyof typeof turnOff

/** How each is turned off: by something that an application may do too. */
const turnOff = {
  /** Chunks are written into the response's socket: not if somebody has replaced its `write`. */
  outlet: (app) => {
    app.addHook('onRequest', async (_request, { raw }) => {
      replaceByItself(raw, 'write')
    })
  },
  /** A body takes the place of Fastify's stream: not if somebody listens to it. */
  response: (app) => {
    app.addHook('onSend', async (_request, _reply, body) => (body as Readable).on('x', () => {}))
  },
  /** Logs hold memory that V8 does not count: not if there is no such memory. */
  'shared-memory': () => {
    globalThis.SharedArrayBuffer = ArrayBuffer as unknown as SharedArrayBufferConstructor
  },
  /** Frames are written into a WebSocket's own socket: not if somebody has replaced `send`. */
  frames: (app) => {
    app.addHook('onReady', async () => {
      app.websocketServer.on('connection', (socket) => {
        replaceByItself(socket, 'send')
      })
    })
  },
} as const satisfies Readonly<Record<string, (app: FastifyInstance) => void>>

/** An application that wraps a method puts one on the object. This is the same method, so it costs nothing more. */
function replaceByItself<Target extends object>(target: Target, name: keyof Target): void {
  Object.defineProperty(target, name, { value: target[name], writable: true, configurable: true })
}

/** More than any scenario has. */
const MANY = 20_000
/** How long an answer can still be read when it has ended. A soak is longer, so that what it holds in the end is all there is. */
const KEEP_ENDED_MS = 30_000
/** Ten thousand connections take their time to come. */
const PATIENCE_MS = 600_000

const Input = z.object({ source: z.enum(['burst', 'paced', 'silent']), tokens: z.number() })

/** With everything on: validation, owners, ids, the log, limits, metrics, heartbeats, the stall timeout. */
export function sluiceSse(options: SluiceOptions = {}): Contestant {
  return {
    title: title('Sluice, SSE', options),
    wire: 'sse',
    package: 'fastify',
    async serve() {
      const { flushMs = 0, without } = options
      const app = fastify()
      if (without !== undefined) turnOff[without](app)
      const hub = await createBenchHub(options)
      await app.register(fastifySse, {
        hub,
        prefix: '/streams',
        owner: () => 'bench',
        flushMs,
      })
      return { port: await listen(app), path: '/streams/chat' }
    },
  }
}

/** The same on a wire of another maker's client, on routes like those of its plugin. */
export function sluiceOnWire(wire: Wire, name: string): Contestant {
  return {
    title: `Sluice, ${name}`,
    wire: 'sse',
    ids: 'message',
    package: 'fastify',
    async serve() {
      const app = fastify()
      const hub = await createBenchHub({})
      await app.register(async (scope) => {
        const server = streamServer(scope, { hub, owner: () => 'bench' }, { errorBody: wire.errorBody })
        scope.post('/chat', async (request, reply) => {
          const owner = await server.ownerOf(request)
          const handle = await hub.start({ stream: 'chat', input: request.body, owner })
          reply.header('location', `/chat/${handle.record.streamId}`)
          return server.send(reply, handle, { wire })
        })
        scope.get<{ Params: { id: string } }>('/chat/:id', async (request, reply) => {
          const owner = await server.ownerOf(request)
          const handle = await hub.find({ stream: 'chat', streamId: request.params.id, owner })
          return server.send(reply, handle, { wire, cursor: server.lastEventId(request) })
        })
      })
      return { port: await listen(app), path: '/chat' }
    },
  }
}

/** The same over WebSocket, with acks and windows. */
export function sluiceWs(options: SluiceOptions = {}): Contestant {
  return {
    title: title('Sluice, WebSocket', options),
    wire: 'sluice-ws',
    package: 'fastify',
    async serve() {
      const { flushMs = 0, without } = options
      const app = fastify()
      if (without !== undefined) turnOff[without](app)
      const hub = await createBenchHub(options)
      await app.register(fastifyWs, {
        hub,
        prefix: '/streams',
        owner: () => 'bench',
        maxConnections: MANY,
        flushMs,
      })
      return { port: await listen(app), path: '/streams/ws' }
    },
  }
}

function title(name: string, { flushMs, log, lingerMs, without }: SluiceOptions): string {
  const settings = Object.entries({ flushMs, lingerMs }).filter(([, value]) => value !== undefined)
  return [
    name,
    ...(log ? [log] : []),
    ...settings.map(([option, value]) => `\`${option}: ${value}\``),
    ...(without ? [`without ${without}`] : []),
  ].join(', ')
}

async function createBenchHub({ log = 'memory', lingerMs }: SluiceOptions): Promise<Hub> {
  const chat = defineStream({
    input: Input,
    timeouts: { firstChunkMs: PATIENCE_MS },
    run: ({ input, signal }) => {
      const tokens = new Tokens(input)
      signal.addEventListener('abort', () => tokens.stop())
      return tokens
    },
  })
  return createHub({
    streams: { chat },
    log: await createLog(log, lingerMs),
    // A machine that is busy with other things would have it refuse what the others take.
    pressure: { maxEventLoopDelayMs: PATIENCE_MS },
    // All that is measured is one owner's.
    limits: {
      maxStreams: MANY,
      maxStreamsPerOwner: MANY,
      maxStartsPerMinutePerOwner: Number.POSITIVE_INFINITY,
      maxViewers: MANY,
      maxViewersPerOwner: MANY,
    },
  })
}

async function createLog(
  log: 'memory' | 'Redis' | 'SQLite',
  lingerMs: number | undefined,
): Promise<StreamLog> {
  switch (log) {
    case 'memory':
      return memoryLog({ keepEndedMs: KEEP_ENDED_MS })
    case 'SQLite':
      return sqliteLog({ path: sqliteFile(), ttlMs: KEEP_ENDED_MS })
    case 'Redis':
      return redisLog({ url: await startRedis(), ...(lingerMs === undefined ? {} : { lingerMs }) })
  }
}

async function listen(app: FastifyInstance): Promise<number> {
  await app.listen(LISTEN)
  return (app.server.address() as AddressInfo).port
}
