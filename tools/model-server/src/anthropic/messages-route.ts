import type { FastifyInstance } from 'fastify'
import { promptTokens } from '../answers/usage.ts'
import { parseBody } from '../api/parse-body.ts'
import { deliver } from '../delivery/deliver.ts'
import { deliverWhole } from '../delivery/deliver-whole.ts'
import { enter } from '../delivery/enter.ts'
import { perform } from '../delivery/perform.ts'
import { recordOf } from '../recording/recording.ts'
import type { Asked } from '../stage/compose.ts'
import type { Stage } from '../stage/stage.ts'
import { type MessagesRequest, messagesRequest, textOf } from './messages-request.ts'
import { MessagesWire } from './messages-wire.ts'

/**
 * Adds Anthropic's `POST /v1/messages` (https://docs.anthropic.com/en/api/messages), streaming or not.
 *
 * @param stage - decides what each request gets
 * @param closing - aborted when the server closes
 */
export function addMessagesRoute(app: FastifyInstance, stage: Stage, closing: AbortSignal): void {
  app.post('/v1/messages', async (request, reply) => {
    const body = parseBody(messagesRequest, request.body)
    const record = recordOf(request)
    const { model, plan, pace, fault } = stage.cast(record, request.headers, body.model, asked(body))
    reply.header('request-id', record.id)
    const connection = await enter(request, reply, fault, closing)
    if (connection === undefined) return
    const messages = body.messages.map(({ role, content }) => ({ role, text: textOf(content) }))
    const system = body.system === undefined ? [] : [{ role: 'system', text: textOf(body.system) }]
    const wire = new MessagesWire({
      model: model.snapshot,
      inputTokens: promptTokens([...system, ...messages]),
    })
    const batches = perform(plan, wire, pace, connection.signal)
    const delivery = { batches, connection, record, fault }
    if (body.stream === true) await deliver({ ...delivery, malformed: () => wire.malformed() })
    else await deliverWhole({ ...delivery, body: () => wire.message(plan.finish) })
  })
}

function asked(body: MessagesRequest): Asked {
  const question = body.messages.findLast(({ role }) => role === 'user')
  const { type, name: chosen } = body.tool_choice ?? { type: 'auto', name: undefined }
  const tools = (body.tools ?? []).map(({ name, input_schema }) => ({ name, parameters: input_schema }))
  const last = body.messages.at(-1)?.content
  return {
    question: textOf(question?.content),
    tools: type === 'none' ? [] : tools.filter(({ name }) => chosen === undefined || name === chosen),
    bringsToolOutput: Array.isArray(last) && last.some((block) => block.type === 'tool_result'),
    maxTokens: body.max_tokens,
    stop: body.stop_sequences ?? [],
  }
}
