import type { FastifyInstance } from 'fastify'
import { promptTokens } from '../answers/usage.ts'
import { ApiError } from '../api/api-error.ts'
import { parseBody } from '../api/parse-body.ts'
import { deliver } from '../delivery/deliver.ts'
import { deliverWhole } from '../delivery/deliver-whole.ts'
import { enter } from '../delivery/enter.ts'
import { perform } from '../delivery/perform.ts'
import type { Wire } from '../delivery/wire.ts'
import { DialectWire } from '../dialects/dialect-wire.ts'
import { dialectFor } from '../dialects/dialects.ts'
import { recordOf } from '../recording/recording.ts'
import type { Asked } from '../stage/compose.ts'
import type { Stage } from '../stage/stage.ts'
import { type ChatRequest, chatRequest, textOf } from './chat-request.ts'
import { ChatWire } from './chat-wire.ts'

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
    const { model, plan, pace, fault, dialects } = stage.cast(
      record,
      request.headers,
      body.model,
      asked(body),
    )
    const connection = await enter(request, reply, fault, closing)
    if (connection === undefined) return

    const wire = new ChatWire({
      model: model.snapshot,
      promptTokens: promptTokens(body.messages.map(({ role, content }) => ({ role, text: textOf(content) }))),
      includeUsage: body.stream_options?.include_usage ?? false,
      includeObfuscation: body.stream_options?.include_obfuscation ?? true,
    })
    const spoken = dialects.map((name) => dialectFor(name, 'chat')).filter((dialect) => dialect !== undefined)
    const speaker = spoken.reduce<Wire>((inner, dialect) => new DialectWire(inner, dialect), wire)
    const batches = perform(plan, speaker, pace, connection.signal)
    if (body.stream && !spoken.some(({ isWhole }) => isWhole)) {
      const staysOpen = spoken.some(({ staysOpen }) => staysOpen)
      await deliver({ batches, connection, record, fault, malformed: () => wire.malformed(), staysOpen })
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
