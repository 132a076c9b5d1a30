import type { FastifyInstance } from 'fastify'
import { findModel, type Model, models } from '../answers/models.ts'
import { modelNotFound } from './api-error.ts'

/** Adds `GET /v1/models` and `GET /v1/models/:id`. */
export function addModelRoutes(app: FastifyInstance): void {
  app.get('/v1/models', async () => ({ object: 'list', data: models.map(shown) }))
  app.get<{ Params: { id: string } }>('/v1/models/:id', async (request) => {
    const model = findModel(request.params.id)
    if (model === undefined) throw modelNotFound(request.params.id)
    return shown(model)
  })
}

function shown({ id, created, ownedBy }: Model) {
  return { id, object: 'model', created, owned_by: ownedBy }
}
