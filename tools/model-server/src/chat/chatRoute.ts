import type { FastifyInstance } from 'fastify'
import { promptTokens } from '../answers/usage.ts'
import { ApiError } from '../api/apiError.ts'
import { parseBody } from '../api/parseBody.ts'
import { deliver } from '../delivery/deliver.ts'
import { deliverWhole } from '../delivery/deliverWhole.ts'
import { enter } from '../delivery/enter.ts'
import { perform } from '../delivery/perform.ts'
import { recordOf } from '../recording/recording.ts'
import type { Asked } from '../stage/compose.ts'
import type { Stage } from '../stage/stage.ts'
import { type ChatRequest, chatRequest, textOf } from './chatRequest.ts'
import { ChatWire } from './chatWire.ts'

/**
 * Adds `POST /v1/chat/completions`.
 *
 * @param stage - decides what each request gets
 * @param closing - aborted when the server closes
 */
export function addChatRoute(app: FastifyInstance, stage: Stage, closing: AbortSignal): void {
  app.post('/v1/chat/completions', async (request, reply) => {
    const body = parseBody(chatRequest, request.body)
    if (body.stream_options && !body.stream) {
      throw new ApiError({
        status: 400,
        message: "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        param: 'stream_options',
      })
    }
    const record = recordOf(request)
    const { model, plan, pace, fault } = stage.cast(record, request.headers, body.model, asked(body))
    const connection = await enter(request, reply, fault, closing)
    if (connection === undefined) return

    const wire = new ChatWire({
      model: model.snapshot,
      promptTokens: promptTokens(body.messages.map(({ role, content }) => ({ role, text: textOf(content) }))),
      includeUsage: body.stream_options?.include_usage ?? false,
      includeObfuscation: body.stream_options?.include_obfuscation ?? true,
    })
    const batches = perform(plan, wire, pace, connection.signal)
    if (body.stream) {
      await deliver({ batches, connection, record, fault, malformed: () => wire.malformed() })
    } else {
      await deliverWhole({ batches, connection, record, fault, body: () => wire.completion(plan.finish) })
    }
  })
}

function asked(body: ChatRequest): Asked {
  const question = body.messages.findLast(({ role }) => role === 'user')
  const choice = body.tool_choice ?? 'auto'
  const chosen = typeof choice === 'string' ? undefined : choice.function?.name
  const offered = (body.tools ?? []).flatMap((tool) => (tool.function === undefined ? [] : [tool.function]))
  return {
    question: textOf(question?.content),
    tools: choice === 'none' ? [] : offered.filter(({ name }) => chosen === undefined || name === chosen),
    bringsToolOutput: body.messages.at(-1)?.role === 'tool',
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
    stop: [body.stop ?? []].flat(),
  }
}
