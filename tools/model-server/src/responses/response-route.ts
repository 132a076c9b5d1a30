import type { FastifyInstance } from 'fastify'
import { promptTokens } from '../answers/usage.ts'
import { ApiError } from '../api/api-error.ts'
import { hexId } from '../api/ids.ts'
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
import { responseFacts } from './response-object.ts'
import { messagesOf, type ResponseRequest, responseRequest } from './response-request.ts'
import { ResponseWire } from './response-wire.ts'
import { StoredResponse } from './stored-response.ts'

/** Options of the routes of the Responses API. */
export interface ResponseRoutesOptions {
  /** Decides what each request gets. */
  readonly stage: Stage
  /** The responses that can be asked for again, by id. */
  readonly stored: Map<string, StoredResponse>
  /** Aborted when the server closes. */
  readonly closing: AbortSignal
}

/** Adds `POST /v1/responses`: streaming or not, in the background or not. */
export function addResponseRoute(
  app: FastifyInstance,
  { stage, stored, closing }: ResponseRoutesOptions,
): void {
  app.post('/v1/responses', async (request, reply) => {
    const body = parseBody(responseRequest, request.body)
    if (body.background && body.store === false) throw mustBeStored()
    const inputTokens = promptTokens(messagesOf(body)) + previousTokens(body, stored)
    const record = recordOf(request)
    const { model, plan, pace, fault, dialects } = stage.cast(
      record,
      request.headers,
      body.model,
      asked(body),
    )
    const connection = await enter(request, reply, fault, closing)
    if (connection === undefined) return

    const id = hexId('resp')
    const wire = new ResponseWire({
      facts: responseFacts(body, id, model.snapshot),
      inputTokens,
      includeObfuscation: body.stream_options?.include_obfuscation ?? true,
    })
    const response = new StoredResponse(wire, Boolean(body.background && body.stream))
    if (body.store !== false) stored.set(id, response)
    const delivery = { connection, record, fault, malformed: () => wire.malformed() }

    if (body.background) {
      const queued = wire.response
      // Nobody waits for it: it ends by itself, by `cancel`, or with the server.
      void response.generate(perform(plan, wire, pace, AbortSignal.any([response.signal, closing])))
      if (!body.stream) return deliverWhole({ ...delivery, batches: nothing(), body: () => queued })
      return deliver({ ...delivery, batches: response.follow(-1, connection.signal) })
    }
    const spoken = dialects
      .map((name) => dialectFor(name, 'responses'))
      .filter((dialect) => dialect !== undefined)
    const speaker = spoken.reduce<Wire>((inner, dialect) => new DialectWire(inner, dialect), wire)
    const batches = perform(plan, speaker, pace, connection.signal)
    if (body.stream) return deliver({ ...delivery, batches })
    const whole = () => (plan.finish === 'error' ? undefined : wire.response)
    return deliverWhole({ ...delivery, batches, body: whole })
  })
}

function asked(body: ResponseRequest): Asked {
  const messages = messagesOf(body)
  const choice = body.tool_choice ?? 'auto'
  const chosen = typeof choice === 'string' ? undefined : choice.name
  const offered = (body.tools ?? []).flatMap(({ name, parameters }) =>
    name === undefined ? [] : [{ name, parameters }],
  )
  return {
    question: messages.findLast(({ role }) => role === 'user')?.text ?? '',
    tools: choice === 'none' ? [] : offered.filter(({ name }) => chosen === undefined || name === chosen),
    bringsToolOutput: messages.at(-1)?.role === 'tool',
    maxTokens: body.max_output_tokens ?? undefined,
    stop: [],
  }
}

/** The tokens that the conversation so far adds to the input. */
function previousTokens(
  { previous_response_id: id }: ResponseRequest,
  stored: Map<string, StoredResponse>,
): number {
  if (!id) return 0
  const previous = stored.get(id)
  if (previous === undefined) {
    throw new ApiError({
      status: 400,
      message: `Previous response with id '${id}' not found.`,
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    })
  }
  return previous.response.usage?.total_tokens ?? 0
}

function mustBeStored(): ApiError {
  return new ApiError({ status: 400, message: "'background' responses must be stored.", param: 'store' })
}

async function* nothing(): AsyncGenerator<readonly [], void, void> {}
