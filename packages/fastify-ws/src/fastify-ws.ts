import websocket from '@fastify/websocket'
import { StreamingError } from '@sluice/core'
import {
  asHttpError,
  checkCloseDeadline,
  checkOrigin,
  closeHub,
  InvalidOptionError,
  Limit,
  serializeAnswer,
  toHttpError,
  warnOfMissingOwner,
} from '@sluice/core/transport'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { CLOSE } from './close-codes.ts'
import { Connection, type ConnectionLimits, LINGER_MS } from './connection.ts'
import { Connections, type SluiceConnections } from './connections.ts'
import { type CheckedOptions, checkedOptions, type FastifyWsOptions } from './options.ts'
import { SUBPROTOCOL } from './socket.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The connections of `@sluice/fastify-ws`. */
    readonly sluiceConnections: SluiceConnections
  }
}

/** Servers whose upgrades are taken: two listeners would both answer. */
const upgrading = new WeakSet<object>()

/**
 * One route, `GET {prefix}/ws`, on which a client starts, reads and stops any number of streams over one WebSocket.
 * The route is encapsulated: the hooks of the scope that the plugin is registered in run before the upgrade. The
 * decorator `sluiceConnections` is for that scope.
 */
export const fastifyWs = fp<FastifyWsOptions & { readonly prefix?: string }>(registerRoute, {
  name: '@sluice/fastify-ws',
  fastify: '5.x',
})

async function registerRoute(
  app: FastifyInstance,
  { prefix = '', ...given }: FastifyWsOptions & { readonly prefix?: string },
): Promise<void> {
  const options = checkedOptions(given)
  checkCloseDeadline(options.hub, app.initialConfig.pluginTimeout, LINGER_MS)
  options.hub.offerLogger(app.log)
  if (options.owner === undefined && options.authenticate === undefined) warnOfMissingOwner()
  await registerWebsocket(app, options)
  if (!app.hasDecorator('sluiceConnections')) app.decorate('sluiceConnections', new Connections())
  const connections = app.sluiceConnections as Connections
  app.addHook('preClose', () => shutDown(options, connections))
  const limits: ConnectionLimits = {
    connections: new Limit({ max: options.maxConnections }),
    ofOwner: new Limit({ maxPerOwner: options.maxConnectionsPerOwner }),
  }

  await app.register(
    async (scope) => {
      scope.addHook('onRequest', async ({ headers, host, protocol }) => {
        const isSocketWithCookie = headers.upgrade !== undefined && headers.cookie !== undefined
        const isSecure = protocol === 'https'
        try {
          const { origin, 'sec-fetch-site': fetchSite } = headers
          const site = typeof fetchSite === 'string' ? fetchSite : undefined
          checkOrigin({ origin, host, isSecure, isSocketWithCookie, site }, options)
        } catch (refusal) {
          throw asHttpError(refusal)
        }
      })
      // Nobody reads from a socket any more whose upgrade was refused. If a hook of the application did that before
      // those of `@fastify/websocket` ran, it would stay open, and hold up the closing of the server for ever.
      scope.addHook('onResponse', async ({ raw }) => {
        if (raw.headers.upgrade !== undefined) raw.socket?.destroySoon()
      })
      scope.route({
        method: 'GET',
        url: options.path,
        exposeHeadRoute: false,
        schema: { hide: true } as object,
        // What a hook or the application's own error handler answers with is theirs.
        serializerCompiler: () => serializeAnswer,
        handler: async (_request, reply) => {
          reply.header('upgrade', 'websocket')
          throw toHttpError(new StreamingError('invalid_request', 'This is a WebSocket.', { status: 426 }))
        },
        wsHandler: (socket, request) =>
          new Connection({ socket, request, options, connections, limits }).open(),
      })
    },
    { prefix },
  )
}

/** `@fastify/websocket` as the application has registered it, or with what is best here. */
async function registerWebsocket(app: FastifyInstance, options: CheckedOptions): Promise<void> {
  if (app.hasDecorator('websocketServer')) return
  if (upgrading.has(app.server)) {
    throw new InvalidOptionError(
      'another scope of this server has WebSockets: register @fastify/websocket once, above both.',
    )
  }
  upgrading.add(app.server)
  await app.register(websocket, {
    options: {
      maxPayload: options.maxMessageBytes,
      // Tiny fragments cost far more than their bytes.
      maxFragments: 1024,
      perMessageDeflate: false,
      clientTracking: true,
      // A client may offer others beside it: a token, for instance. If it offers only others, a close code says so.
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : ([...offered][0] ?? false)),
    },
    errorHandler(error, socket, request) {
      // A connection of ours has its own listener, and says why it closes.
      if (socket.protocol === SUBPROTOCOL) return
      request.log.error(error)
      socket.terminate()
    },
    // Ours are closed below, when their streams have ended; those of other routes of the application at once.
    preClose(done) {
      for (const client of this.websocketServer.clients) {
        if (client.protocol !== SUBPROTOCOL) client.close(CLOSE.shuttingDown)
      }
      done()
    },
  })
}

/**
 * A connection is closed as soon as it reads nothing any more: at once if other instances have its streams, else
 * when they have ended, at the hub's deadline at the latest. A client that does not answer is cut, unless it still takes
 * what they were sent: with the server goes its log.
 */
async function shutDown({ hub }: CheckedOptions, connections: Connections): Promise<void> {
  const { closed, closeBy } = closeHub(hub)
  connections.beginClosing(closeBy)
  await closed
  await connections.closeAll(CLOSE.shuttingDown, 'The server is shutting down.')
}
