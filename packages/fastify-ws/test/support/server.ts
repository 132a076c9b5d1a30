import { type ChatOptions, type ChatServer, type Script, serveChat } from '@sluice/plugin-tests'
import type { Test } from 'tap'
import fastifyWs, { type FastifyWsOptions } from '../../src/index.ts'
import { Peer, type PeerOptions } from './peer.ts'

export interface TestServerOptions extends ChatOptions, Omit<FastifyWsOptions, 'hub'> {
  /** @default '/streams' */
  readonly prefix?: string
}

export interface TestServer extends ChatServer {
  readonly url: string
  /** A client that is connected, and told so. */
  connect(options?: PeerOptions): Promise<Peer>
}

/** Says this number of numbers, as fast as it may. */
export const numbers = (count: number): Script =>
  async function* () {
    for (let index = 0; index < count; index++) yield `${index} `
  }

/** Says one word, and nothing more until it is stopped. */
export const pending: Script = async function* ({ signal }) {
  yield 'begun'
  await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

/** A real server on a free port, gone at the end of the test; by then it must have let go of everything. */
export async function serve(
  t: Test,
  { run, log, limits, closeDeadlineMs, clock, fastify, before, ...plugin }: TestServerOptions = {},
): Promise<TestServer> {
  const chat = await serveChat(
    t,
    { run, log, limits, closeDeadlineMs, clock, fastify, before },
    async (app, hub) => void (await app.register(fastifyWs, { hub, prefix: '/streams', ...plugin })),
    ({ sluiceConnections }) => ({ connections: sluiceConnections.size }),
  )
  const url = `ws://127.0.0.1:${chat.port}/streams/ws`
  return {
    ...chat,
    url,
    async connect(given) {
      const peer = await Peer.open(t, url, given)
      if (given?.init !== undefined) peer.send({ type: 'connection_init', ...given.init })
      await peer.take('connection_established')
      return peer
    },
  }
}
