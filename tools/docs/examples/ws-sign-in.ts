import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import fastifyWs from '@sluice/fastify-ws'
import Fastify, { type FastifyRequest } from 'fastify'
import { z } from 'zod'

export interface User {
  readonly id: string
}

async function readSession(request: FastifyRequest): Promise<void> {
  const user = request.headers.cookie
  request.setDecorator('user', user === undefined ? undefined : { id: user })
}

const tokens = new Map([['fresh', 'ann']])
async function verify(token: unknown): Promise<string | undefined> {
  return tokens.get(String(token))
}
export async function tokenOf({ isFresh }: { readonly isFresh: boolean }): Promise<string> {
  return isFresh ? 'fresh' : 'stale'
}

const greeting = defineStream({
  input: z.object({}),
  run: async function* ({ context }: { readonly context: User | undefined }) {
    yield `Hello ${context?.id ?? 'you'}.`
  },
})
const streams = { greeting }
export type Streams = typeof streams
const hub = createHub({ streams, log: memoryLog() })

export const app = Fastify()

// #region hooks
await app.register(async (scope) => {
  scope.decorateRequest('user')
  scope.addHook('onRequest', readSession) // sets the user, or none
  const user = (request: FastifyRequest) => request.getDecorator<User | undefined>('user')
  await scope.register(fastifyWs, {
    hub,
    prefix: '/streams',
    owner: (request) => user(request)?.id,
    context: user, // what run gets
  })
})
// #endregion

export const server = Fastify()

// #region message
await server.register(fastifyWs, {
  hub,
  prefix: '/streams',
  authenticate: async (payload) => verify((payload as { token?: unknown } | undefined)?.token),
})
// #endregion
