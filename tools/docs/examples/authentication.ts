import { StreamingError } from '@sluice/core'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import fastifySse from '@sluice/fastify-sse'
import Fastify, { type FastifyPluginAsync, type FastifyRequest } from 'fastify'
import { z } from 'zod'

interface User {
  readonly id: string
  readonly plan: string
}

const users: Readonly<Record<string, User>> = {
  'Bearer ann': { id: 'ann', plan: 'free' },
  'Bearer bob': { id: 'bob', plan: 'paid' },
}

async function userOf(request: FastifyRequest): Promise<User | undefined> {
  return users[request.headers.authorization ?? '']
}

const plan = defineStream({
  input: z.object({}),
  run: async function* ({ context }: { readonly context: User }) {
    yield context.plan
  },
})
const hub = createHub({ streams: { plan }, log: memoryLog() })
const isShared = (streamId: string) => shared.has(streamId)

export const shared = new Set<string>()
export const app = Fastify()

// #region authentication
const privateStreams: FastifyPluginAsync = async (app) => {
  app.decorateRequest('user')
  app.addHook('onRequest', async (request) => {
    const user = await userOf(request)
    if (user === undefined) throw new StreamingError('authentication', 'Sign in first.')
    request.setDecorator('user', user)
  })

  await app.register(fastifySse, {
    hub,
    prefix: '/streams',
    owner: (request) => request.getDecorator<User>('user').id,
    context: (request) => request.getDecorator<User>('user'),
    authorize: ({ owner, stream, action }) =>
      owner === stream.owner || (action === 'attach' && isShared(stream.streamId)),
  })
}
await app.register(privateStreams)
// #endregion
