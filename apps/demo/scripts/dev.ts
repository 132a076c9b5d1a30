import { fileURLToPath } from 'node:url'
import type { FastifyPluginAsync } from 'fastify'
// biome-ignore lint/correctness/noUndeclaredDependencies: for development only
import { createServer } from 'vite'
import { serve } from '../src/server/serve.ts'

/** The page from its sources, reloaded by Vite when they change. */
const livePage: FastifyPluginAsync = async (app) => {
  const vite = await createServer({
    configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
    server: { middlewareMode: true, hmr: { server: app.server } },
  })
  app.addHook('onClose', () => vite.close())
  app.get('/*', (request, reply) => {
    // Past Fastify, and so past the policy of the built page: Vite puts styles and scripts into the HTML.
    reply.hijack()
    vite.middlewares(request.raw, reply.raw)
  })
}

await serve(livePage)
