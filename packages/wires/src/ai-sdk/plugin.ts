import { StreamingError } from '@sluice/core'
import type { StreamHandle } from '@sluice/core/server'
import { InvalidOptionError } from '@sluice/core/transport'
import { exposeFields, streamServer, type ViewingOptions } from '@sluice/fastify-sse'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { answerUnknownUrls, pathOf, refuseDeepBodies, refuseParameter } from '../plugin-scope.ts'
import { type ChatRequest, chatRequestOf } from './chat-request.ts'
import { countChunks } from './count-chunks.ts'
import { startChat } from './starts.ts'
import { restartableUiMessages, uiMessages } from './ui-messages.ts'

/** Options of {@link aiSdk}. */
export interface AiSdkOptions extends ViewingOptions {
  /** The definition of the hub that answers. */
  readonly stream: string
  /**
   * Makes the input of the definition of what a client has posted. Its schema validates the result. Nothing in the messages is
   * to be trusted: a client may write messages of the assistant and results of tools itself.
   */
  readonly input: (chat: ChatRequest, request: FastifyRequest) => unknown
  /** Makes the `context` of `run` of the request. @default undefined */
  readonly context?: (request: FastifyRequest) => unknown
  /** How large a request may be, in bytes: files are a part of it. @default that of the server, 1 MiB */
  readonly bodyLimit?: number
}

/** Says that nothing runs, to a client that would take an empty answer for a broken one. */
const NOTHING_RUNS = 'data: {"type":"finish"}\n\ndata: [DONE]\n\n'

/** The header fields that `WorkflowChatTransport` reads. */
const WORKFLOW_FIELDS = ['x-workflow-run-id', 'x-workflow-stream-tail-index']

/** A stream's id: 128 bits, base64url. A chat may have an id of this form too. */
const STREAM_ID = /^[\w-]{22}$/

/**
 * The routes that `useChat` calls, under the plugin's prefix. Encapsulated: the hooks of the scope that it is registered in
 * (authentication, rate limits, CORS) run first.
 *
 * | route | |
 * |---|---|
 * | `POST /` | starts an answer and sends it. `Location` names it. A chat's `id` is its thread |
 * | `GET /:chatId/stream` | the answer that runs in a chat, from its beginning; 204 if none runs |
 * | `GET /:streamId/stream?startIndex=n` | an answer from its chunk `n` on, as `WorkflowChatTransport` asks for it |
 * | `GET /:streamId` | an answer from `Last-Event-ID` on, as `resumingFetch` asks for it |
 * | `DELETE /:streamId`, `DELETE /:chatId/stream` | stops an answer, or what runs in a chat |
 *
 * An error before there is an answer is a status and a sentence, which `useChat` shows as its error's message.
 */
export const aiSdk = fp<AiSdkOptions>(registerRoutes, {
  name: '@sluice/wires/ai-sdk',
  fastify: '5.x',
  encapsulate: true,
})

async function registerRoutes(app: FastifyInstance, given: AiSdkOptions): Promise<void> {
  const { stream, input, context, bodyLimit } = given
  if (typeof input !== 'function') throw new InvalidOptionError('input has to be a function.')
  refuseParameter(app.prefix, 'id')
  const server = streamServer(app, given, { errorBody: uiMessages.errorBody })
  const { hub, authorize } = server.options
  const definition = Object.hasOwn(hub.streams, stream) ? hub.streams[stream] : undefined
  if (definition === undefined) {
    const names = Object.keys(hub.streams).join(', ')
    throw new InvalidOptionError(`stream has to be one of the hub's: ${names}.`)
  }
  const wire = definition.retry?.afterFirstChunk === 'restart' ? restartableUiMessages : uiMessages

  // `WorkflowChatTransport` names no type for its JSON, so that `fetch` calls it text.
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'))

  refuseDeepBodies(app)
  answerUnknownUrls(app, unknownUrl)

  app.post('/', { ...(bodyLimit !== undefined && { bodyLimit }) }, async (request, reply) => {
    const access = await accessOf(request)
    const chat = chatRequestOf(request.body)
    const cursor = server.lastEventId(request)
    const start = {
      ...{ ...access, thread: chat.id, isRepeat: cursor !== undefined },
      input: await input(chat, request),
      context: await context?.(request),
    }
    const handle = await startChat(hub, chat, start, keyOf(request))
    return answer(reply, handle, { cursor })
  })

  app.get('/:id/stream', async (request, reply) => {
    const access = await accessOf(request)
    const id = idOf(request)
    const startIndex = startIndexOf(request)
    const byId = await found(id, access)
    if (byId !== undefined) {
      return startIndex === undefined ? answer(reply, byId, {}) : answerFrom(reply, byId, startIndex)
    }
    const handle = await hub.latest({ ...access, thread: id })
    if (handle !== undefined && !handle.ended) {
      return startIndex === undefined ? answer(reply, handle, {}) : answerFrom(reply, handle, startIndex)
    }
    if (startIndex === undefined) return reply.code(204).send()
    return reply
      .type('text/event-stream; charset=utf-8')
      .headers(wire.headers ?? {})
      .send(NOTHING_RUNS)
  })

  app.get('/:id', async (request, reply) => {
    const access = await accessOf(request)
    const handle = await hub.find({ ...access, streamId: idOf(request) })
    return answer(reply, handle, { cursor: server.lastEventId(request) })
  })

  app.delete('/:id', async (request, reply) => {
    const access = await accessOf(request)
    await hub.cancel({ ...access, streamId: idOf(request) })
    return reply.code(204).send()
  })

  app.delete('/:id/stream', async (request, reply) => {
    const access = await accessOf(request)
    await hub.cancelLatest({ ...access, thread: idOf(request) })
    return reply.code(204).send()
  })

  app.delete('/', async (request, reply) => {
    const access = await accessOf(request)
    const key = keyOf(request)
    if (key === undefined) {
      throw new StreamingError(
        'invalid_request',
        'Idempotency-Key: is missing; or name the stream in the URL.',
      )
    }
    await hub.cancelByKey({ ...access, idempotencyKey: key })
    return reply.code(204).send()
  })

  /** The client that asks, and the URL that it asks by way of. */
  async function accessOf(request: FastifyRequest) {
    const owner = await server.ownerOf(request)
    return { stream, owner, authorize, scope: server.scopeOf(request, ['id']) }
  }

  type Access = Awaited<ReturnType<typeof accessOf>>

  /** The stream of this id; `undefined`: it may be the id of a chat. */
  async function found(id: string, access: Access): Promise<StreamHandle | undefined> {
    if (!STREAM_ID.test(id)) return undefined
    try {
      return await hub.find({ ...access, streamId: id })
    } catch (error) {
      if (error instanceof StreamingError && error.type === 'not_found') return undefined
      throw error
    }
  }

  /** From a chunk on; a negative one counts from the end, and the client is told what that came to. */
  async function answerFrom(reply: FastifyReply, handle: StreamHandle, startIndex: number) {
    const cursorName = 'startIndex'
    if (startIndex >= 0) return answer(reply, handle, { afterMessages: startIndex, cursorName })
    const count = await countChunks(handle, wire)
    reply.header('x-workflow-stream-tail-index', count - 1)
    return answer(reply, handle, { afterMessages: Math.max(0, count + startIndex), cursorName })
  }

  function answer(reply: FastifyReply, handle: StreamHandle, from: object) {
    const { streamId } = handle.record
    reply.header('location', `${pathOf(app.prefix, reply.request.params)}/${streamId}`)
    reply.header('x-workflow-run-id', streamId)
    exposeFields(reply, WORKFLOW_FIELDS)
    return server.send(reply, handle, { wire, ...from })
  }
}

/** The error of a URL below the prefix that is none of these routes. */
function unknownUrl(method: string, path: string): StreamingError {
  return new StreamingError('not_found', `${method} ${path} is none of the chat's URLs.`)
}

function idOf(request: FastifyRequest): string {
  return (request.params as { readonly id: string }).id
}

function keyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key']
  return typeof key === 'string' ? key : undefined
}

/** @throws {StreamingError} `invalid_request` if it is no whole number */
function startIndexOf(request: FastifyRequest): number | undefined {
  const { startIndex } = request.query as { readonly startIndex?: unknown }
  if (startIndex === undefined) return undefined
  if (typeof startIndex === 'string' && /^-?\d{1,15}$/.test(startIndex)) return Number(startIndex)
  throw new StreamingError('invalid_request', 'startIndex: has to be a whole number.')
}
