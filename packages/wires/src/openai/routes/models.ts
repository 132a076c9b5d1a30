import type { FastifyRequest } from 'fastify'
import type { OpenAiModel } from '../options.ts'
import type { Route } from './route.ts'
import { noSuchModel, type Streams } from './streams.ts'

/** The routes that say which models there are. https://platform.openai.com/docs/api-reference/models */
export function modelRoutes({ server, models }: Streams): readonly Route[] {
  async function list(request: FastifyRequest): Promise<unknown> {
    await server.ownerOf(request)
    return { object: 'list', data: Object.entries(models).map(([name, model]) => describe(name, model)) }
  }

  async function retrieve(request: FastifyRequest): Promise<unknown> {
    await server.ownerOf(request)
    const { '*': name } = request.params as { readonly '*': string }
    if (!Object.hasOwn(models, name)) throw noSuchModel(name)
    return describe(name, models[name]!)
  }

  return [
    { method: 'GET', url: '/models', handler: list },
    // Not `:model`: the name may have a slash.
    { method: 'GET', url: '/models/*', handler: retrieve },
  ]
}

function describe(id: string, { created = 0, ownedBy = 'sluice' }: OpenAiModel): object {
  return { id, object: 'model', created, owned_by: ownedBy }
}
