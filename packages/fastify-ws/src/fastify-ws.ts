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
import { checkUpgradeListeners } from './upgrade-listeners.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The connections of `@sluice/fastify-ws`. */
    readonly sluiceConnections: SluiceConnections
  }
}

/** Servers that have our listener for upgrades: two listeners would both answer. */
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
  app.addHook('onReady', async () => checkUpgradeListeners(app.server))
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
      // After a refused upgrade, nothing reads from the socket. If a hook of the application refuses before the hooks of
      // `@fastify/websocket` run, the socket would stay open, and the server could not close.
      scope.addHook('onResponse', async ({ raw }) => {
        if (raw.headers.upgrade !== undefined) raw.socket?.destroySoon()
      })
      scope.route({
        method: 'GET',
        url: options.path,
        exposeHeadRoute: false,
        schema: options.schema ?? ({ hide: true } as object),
        validatorCompiler: () => () => true,
        // The answer of a hook, or of the application's own error handler, stays as it is.
        serializerCompiler: () => serializeAnswer,
        handler: async (_request, reply) => {
          reply.header('upgrade', 'websocket')
          throw toHttpError(
            new StreamingError(
              'invalid_request',
              'This URL is a WebSocket: connect with an upgrade request.',
              { status: 426 },
            ),
          )
        },
        wsHandler: (socket, request) =>
          new Connection({ socket, request, options, connections, limits }).open(),
      })
    },
    { prefix },
  )
}

/** `@fastify/websocket` as the application has registered it, or with the options that suit this plugin. */
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
      // A client may offer other subprotocols too: a token, for instance. If it does not offer ours, a close code says so.
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : ([...offered][0] ?? false)),
    },
    errorHandler(error, socket, request) {
      // A connection of this plugin has its own listener, and gives a reason when it closes.
      if (socket.protocol === SUBPROTOCOL) return
      request.log.error(error)
      socket.terminate()
    },
    // Connections of this plugin are closed below, when their streams have ended; those of other routes at once.
    preClose(done) {
      for (const client of this.websocketServer.clients) {
        if (client.protocol !== SUBPROTOCOL) client.close(CLOSE.shuttingDown)
      }
      done()
    },
  })
}

/**
 * Closes each connection as soon as it reads no stream: at once if other instances can serve its streams, else when they have
 * ended, at the hub's deadline at the latest. A client that does not answer the close is cut, unless it still reads what it
 * was sent: a log in memory ends with the server.
 */
async function shutDown({ hub }: CheckedOptions, connections: Connections): Promise<void> {
  const { closed, closeBy } = closeHub(hub)
  connections.beginClosing(closeBy)
  await closed
  await connections.closeAll(CLOSE.shuttingDown, 'The server is shutting down.')
}
