import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Answers } from '../answers/answers.ts'
import { findModel } from '../answers/models.ts'
import { incorrectToken, modelNotFound } from '../api/api-error.ts'
import { parseBody } from '../api/parse-body.ts'
import { faultOptionsSchema } from '../faults/fault.ts'
import { type FaultName, faults } from '../faults/faults.ts'
import { paceSchema } from '../pace/pace-schema.ts'
import { answerTo } from '../stage/compose.ts'
import type { Stage } from '../stage/stage.ts'
import type { Recorder } from './recorder.ts'

const scriptBody = z.strictObject({
  times: z.number().int().positive().optional(),
  text: z.string().optional(),
  reasoning: z.string().optional(),
  refusal: z.string().optional(),
  toolCalls: z.array(z.object({ name: z.string(), arguments: z.string() })).optional(),
  finish: z.enum(['stop', 'length', 'content_filter', 'tool_calls', 'error', 'failed']).optional(),
  fault: z.enum(Object.keys(faults) as FaultName[]).optional(),
  faultOptions: faultOptionsSchema.optional(),
  pace: paceSchema.optional(),
})

const answersQuery = z.object({ question: z.string(), model: z.string().default('gpt-5-mini') })

/** The state that the inspection routes show. */
export interface Inspected {
  /** The requests on record. */
  readonly recorder: Recorder
  /** The answers of the models. */
  readonly answers: Answers
  /** The stage on which scripts wait. */
  readonly stage: Stage
  /** Forgets everything. */
  readonly reset: () => void
  /** Opens these routes, as a bearer token: the requests on record have what people have asked. */
  readonly token: string
}

/** Adds what tests in other processes need: `/_requests`, `/_answers` and `/_scripts`. They need the token. */
export function addInspectionRoutes(server: FastifyInstance, inspected: Inspected): void {
  void server.register(async (app) => {
    app.addHook('onRequest', async (request) => requireToken(request, inspected.token))
    addRoutes(app, inspected)
  })
}

/** @throws {ApiError} 401 if the request does not bring the token. */
function requireToken({ headers: { authorization = '' } }: FastifyRequest, token: string): void {
  const given = /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? ''
  // Digests have one length, and the comparison takes one time: it tells nothing of the token.
  if (!timingSafeEqual(digest(given), digest(token))) throw incorrectToken()
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function addRoutes(app: FastifyInstance, { recorder, answers, stage, reset }: Inspected): void {
  app.get('/_requests', async () => recorder.requests)
  app.delete('/_requests', async (_request, reply) => {
    reset()
    return reply.code(204).send()
  })
  app.get('/_answers', async (request, reply) => {
    const { question, model: id } = parseBody(answersQuery, request.query)
    const model = findModel(id)
    if (model === undefined) throw modelNotFound(id)
    return reply.type('text/markdown; charset=utf-8').send(answerTo(model, question, answers))
  })
  app.post('/_scripts', async (request, reply) => {
    stage.scripts.add(parseBody(scriptBody, request.body))
    return reply.code(204).send()
  })
}
