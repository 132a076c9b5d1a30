import { existsSync } from 'node:fs'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'
import { StartError } from './start-error.ts'

/** The folder into which `npm run build` puts the page, the same from `src/server` and from `dist/server`. */
export const PAGE_FOLDER = fileURLToPath(new URL('../../dist/web', import.meta.url))

/** Addresses of the page's own: it finds out by itself what to show there. */
const PAGE_ROUTES = ['/c/*', '/shared']

/** The page as Vite has built it. */
export const builtPage: FastifyPluginAsync = async (app) => {
  if (!existsSync(PAGE_FOLDER)) {
    throw new StartError('The page has not been built. `npm start` builds it, and so does `npm run build`.')
  }
  await app.register(fastifyStatic, {
    root: PAGE_FOLDER,
    cacheControl: false,
    setHeaders(reply, path) {
      // Vite names these files after their content; the HTML that names them must be fresh.
      const isNamedByContent = path.includes(`${sep}assets${sep}`)
      reply.header('cache-control', isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  for (const url of PAGE_ROUTES) app.get(url, (_request, reply) => reply.sendFile('index.html'))
}
