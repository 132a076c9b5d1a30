import type { FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'

/** A handler of a route of this plugin. */
export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

/** A route of the plugin, below its prefix. */
export interface Route {
  readonly method: HTTPMethods
  readonly url: string
  readonly handler: Handler
}
