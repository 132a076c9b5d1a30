import type { Server } from 'node:http'
import { InvalidOptionError } from '@sluice/core/transport'

/**
 * Refuses an order of plugins in which one request ends the process. `@fastify/websocket` and `@fastify/http-proxy` both
 * listen for upgrades. If the listener of the proxy comes second, it gives a socket to a response that was given one by
 * the first, and throws outside of every request. If it comes first, the second listener catches the error.
 * Both listeners are found by the names that these plugins give them; if they change, a test notices.
 * @throws InvalidOptionError if the proxy was registered after `@fastify/websocket`
 */
export function checkUpgradeListeners(server: Server): void {
  const listeners = server.listeners('upgrade')
  const name = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'wsUpgradeListener',
  )
  if (name === undefined) return
  const proxy = listeners.indexOf((server as unknown as Record<symbol, (typeof listeners)[number]>)[name]!)
  const websocket = listeners.findIndex((listener) => listener.name === 'onUpgrade')
  if (websocket === -1 || proxy < websocket) return
  throw new InvalidOptionError(
    '@fastify/http-proxy with `websocket: true` was registered after the WebSocket plugin. Both answer the same upgrade, ' +
      'which ends the process at the first one. Register the proxy before this plugin and before @fastify/websocket.',
  )
}
