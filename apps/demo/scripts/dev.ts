import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { FastifyPluginAsync } from 'fastify'
// biome-ignore lint/correctness/noUndeclaredDependencies: for development only
import { createServer } from 'vite'
import { serve } from '../src/server/serve.ts'

/** The page from its sources, reloaded by Vite when they change. */
const livePage: FastifyPluginAsync = async (app) => {
  const vite = await createServer({
    configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
    server: { middlewareMode: true, hmr: { server: upgradesOfVite(app.server) } },
  })
  app.addHook('onClose', () => vite.close())
  app.get('/*', (request, reply) => {
    // Past Fastify, and so past the policy of the built page: Vite puts styles and scripts into the HTML.
    reply.hijack()
    vite.middlewares(request.raw, reply.raw)
  })
}

type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/**
 * Vite's WebSocket and ours come to one port, and each of them closes the other's. So each gets its own: a
 * server that never listens is what Vite has for listening to.
 */
function upgradesOfVite(server: Server): Server {
  const vite = createHttpServer()
  const ours = server.listeners('upgrade') as OnUpgrade[]
  server.removeAllListeners('upgrade')
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.headers['sec-websocket-protocol']?.startsWith('vite-'))
      vite.emit('upgrade', request, socket, head)
    else for (const listener of ours) listener.call(server, request, socket, head)
  })
  return vite
}

await serve(livePage)
