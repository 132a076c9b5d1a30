import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { promptTokens } from '../answers/usage.ts'
import { ApiError } from '../api/api-error.ts'
import { parseBody } from '../api/parse-body.ts'
import { deliver } from '../delivery/deliver.ts'
import { deliverWhole } from '../delivery/deliver-whole.ts'
import { enter } from '../delivery/enter.ts'
import { perform } from '../delivery/perform.ts'
import { recordOf } from '../recording/recording.ts'
import type { Asked } from '../stage/compose.ts'
import type { Stage } from '../stage/stage.ts'
import { type ContentRequest, contentRequest, textOf } from './content-request.ts'
import { ContentWire } from './content-wire.ts'

/**
 * Adds Gemini's `POST /v1/models/…:streamGenerateContent` and `:generateContent`, and the same under `/v1beta`
 * (https://ai.google.dev/api/generate-content).
 *
 * @param stage - decides what each request gets
 * @param closing - aborted when the server closes
 */
export function addContentRoute(app: FastifyInstance, stage: Stage, closing: AbortSignal): void {
  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    const { '*': target } = request.params as { readonly '*': string }
    const [, modelId, method] = /^(.+):(streamGenerateContent|generateContent)$/.exec(target) ?? []
    if (modelId === undefined) throw new ApiError({ status: 404, message: `There is no ${target}.` })
    const body = parseBody(contentRequest, request.body)
    const record = recordOf(request)
    const { model, plan, pace, fault } = stage.cast(record, request.headers, modelId, asked(body))
    const connection = await enter(request, reply, fault, closing)
    if (connection === undefined) return
    const messages = [body.systemInstruction ?? {}, ...body.contents].map((content) => ({
      role: content.role ?? 'user',
      text: textOf(content),
    }))
    const wire = new ContentWire({ model: model.snapshot, promptTokens: promptTokens(messages) })
    const batches = perform(plan, wire, pace, connection.signal)
    const delivery = { batches, connection, record, fault }
    if (method === 'streamGenerateContent') await deliver({ ...delivery, malformed: () => wire.malformed() })
    else await deliverWhole({ ...delivery, body: () => wire.whole(plan.finish) })
  }
  // The official client asks the one or the other, by its version.
  app.post('/v1/models/*', answer)
  app.post('/v1beta/models/*', answer)
}

function asked({ contents, generationConfig, tools }: ContentRequest): Asked {
  const declared = (tools ?? []).flatMap(({ functionDeclarations }) => functionDeclarations ?? [])
  const last = contents.at(-1)?.parts ?? []
  return {
    question: textOf(contents.findLast(({ role = 'user' }) => role === 'user')),
    tools: declared.map(({ name, parameters, parametersJsonSchema }) => ({
      name,
      parameters: parametersJsonSchema ?? parameters,
    })),
    bringsToolOutput: last.some(({ functionResponse }) => functionResponse !== undefined),
    maxTokens: generationConfig?.maxOutputTokens,
    stop: generationConfig?.stopSequences ?? [],
  }
}
