import { Limit, warnOfMissingOwner } from '@sluice/core/transport'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { writeLast } from './body.ts'
import type { CheckedViewing } from './options.ts'
import { joinServer } from './server.ts'
import type { Serving } from './sink.ts'

/** Prepares the scope of a plugin to serve streams. Called before its routes are added. */
export function serveStreams(app: FastifyInstance, viewing: CheckedViewing): Serving {
  if (viewing.owner === undefined) warnOfMissingOwner()
  // The hook that comes last of all that other plugins add to a route.
  app.addHook('onRoute', writeLast)
  return {
    viewing,
    viewers: new Limit({ max: viewing.maxViewers }),
    ending: joinServer(app, viewing.hub),
  }
}

/** Fastify sets `Connection` if a body is not read to its end; HTTP/2 has none (RFC 9113 §8.2.2), and Node warns. */
export function dropConnectionField(request: FastifyRequest, reply: FastifyReply): void {
  if (request.raw.httpVersionMajor > 1) reply.removeHeader('connection')
}
