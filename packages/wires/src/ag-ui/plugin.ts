import { StreamingError } from '@sluice/core'
import type { Access, StreamHandle } from '@sluice/core/server'
import {
  IDEMPOTENCY_KEY,
  IDEMPOTENCY_KEY_RULE,
  InvalidOptionError,
  refuseRestarts,
} from '@sluice/core/transport'
import { streamServer, type ViewingOptions } from '@sluice/fastify-sse'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { answerUnknownUrls, pathOf, refuseDeepBodies, refuseParameter } from '../plugin-scope.ts'
import { checkRunId, runInputOf } from './check-input.ts'
import { EarlyStops } from './early-stops.ts'
import { keyOfRun, noteOfRun, runIdOf } from './run-id.ts'
import type { AgUiRunInput } from './run-input.ts'
import { agUiEvents } from './wire.ts'

/** Options of {@link agUi}. */
export interface AgUiOptions extends ViewingOptions {
  /** The URL that the clients post to: that of `HttpAgent`, or of `fetchServerSentEvents`. It begins with a `/`. */
  readonly url: string
  /** The definition of the hub that answers. */
  readonly stream: string
  /**
   * Makes the input of the definition from what a client has posted. Its schema validates the result. Nothing in the messages
   * is to be trusted: a client may write messages of the assistant and results of tools itself. A repeated request calls it
   * again, and needs the same result.
   */
  readonly input: (run: AgUiRunInput, request: FastifyRequest) => unknown
  /** Makes the `context` of `run` from the request. @default undefined */
  readonly context?: (request: FastifyRequest) => unknown
  /** How large a request may be, in bytes: files are a part of it. @default that of the server, 1 MiB */
  readonly bodyLimit?: number
  /**
   * The messages of a thread that the application has kept, in the form of TanStack AI's client (`UIMessage`), which asks for
   * them if it is made with `persistence: true`. The answer that runs now is not one of them: the client joins it.
   * @default none
   */
  readonly history?: (
    thread: { readonly threadId: string; readonly owner: string | undefined },
    request: FastifyRequest,
  ) => readonly unknown[] | Promise<readonly unknown[]>
}

/** The streams that a request may be about. */
interface RunAccess extends Access {
  readonly stream: string
  readonly scope: string | null
}

/** A stream's id: 128 bits, base64url. */
const STREAM_ID = /^[\w-]{22}$/

/** An id of this length cannot be guessed if it is random, as that of `HttpAgent` is: it makes a UUID. */
const UNGUESSABLE = 32

/**
 * The routes that AG-UI's clients call, at one URL. Encapsulated: the hooks of the scope that it is registered in
 * (authentication, rate limits, CORS) run first.
 *
 * | route | |
 * |---|---|
 * | `POST {url}` | starts a run and sends its events. `Location` names it. The same request with `Last-Event-ID` resumes it |
 * | `GET {url}?runId={id}` | a run from its beginning, or from `Last-Event-ID` on: TanStack AI after a reload |
 * | `GET {url}?threadId={id}` | the run that is active in a thread, from its beginning; 204 if none is. For a client that wants JSON: the thread, as TanStack AI asks for it |
 * | `GET {url}/{stream_id}` | a run from `Last-Event-ID` on, as `resumingFetch` asks for it |
 * | `DELETE {url}/{stream_id}`, `DELETE {url}?runId=`, `DELETE {url}?threadId=` | stops a run, or what is active in a thread |
 *
 * An error before there is a run is a status and a `RUN_ERROR` event as its JSON body.
 */
export const agUi = fp<AgUiOptions>(registerRoutes, {
  name: '@sluice/wires/ag-ui',
  fastify: '5.x',
  encapsulate: true,
})

async function registerRoutes(app: FastifyInstance, given: AgUiOptions): Promise<void> {
  const { url, stream, input, context, history, bodyLimit } = given
  checkOptions(given)
  refuseParameter(app.prefix + url, 'streamId', 'url')
  const server = streamServer(app, given, { errorBody: agUiEvents.errorBody })
  const { hub, authorize } = server.options
  const definition = Object.hasOwn(hub.streams, stream) ? hub.streams[stream] : undefined
  if (definition === undefined) {
    throw new InvalidOptionError(`stream has to be one of the hub's: ${Object.keys(hub.streams).join(', ')}.`)
  }
  refuseRestarts(agUiEvents, { [stream]: definition })
  const stops = new EarlyStops()
  // These clients send JSON. A form on another site's page can post text, but no JSON.
  app.removeContentTypeParser('text/plain')
  refuseDeepBodies(app)
  answerUnknownUrls(app, (method, path) => {
    return new StreamingError('not_found', `${method} ${path} is none of the agent's URLs.`)
  })

  app.post(url, { ...(bodyLimit !== undefined && { bodyLimit }) }, async (request, reply) => {
    const access = await accessOf(request)
    const run = runInputOf(withRunId(request))
    const key = keyOfRun(run.runId)
    const requestKey = requestKeyOf(request)
    if (requestKey !== undefined && stops.isStopped([access.owner, access.scope], requestKey, key)) {
      throw new StreamingError('conflict', 'This run was stopped before it arrived.')
    }
    const cursor = server.lastEventId(request)
    const handle =
      // Without an owner a run id is no proof that the stream is the client's: the input has to be the same, too.
      cursor === undefined || access.owner === undefined
        ? await hub.start({
            ...{ ...access, thread: run.threadId, idempotencyKey: key, isRepeat: cursor !== undefined },
            note: noteOfRun(run.runId),
            input: await input(run, request),
            context: await context?.(request),
          })
        : await runOf(run.runId, access)
    if (handle === undefined) throw nothingToResume()
    return answer(request, reply, handle)
  })

  app.get(url, { exposeHeadRoute: false }, async (request, reply) => {
    const access = await accessOf(request)
    const { runId, threadId } = request.query as Readonly<Record<string, unknown>>
    if (runId !== undefined) {
      checkRunId(runId)
      const handle = await runOf(runId, access)
      if (handle === undefined) throw noSuchRun()
      return answer(request, reply, handle)
    }
    const handle = await hub.latest({ ...access, thread: textOf(threadId, 'threadId') })
    const active = handle?.ended === false ? handle : undefined
    if (wantsJson(request)) {
      const messages = (await history?.({ threadId: threadId as string, owner: access.owner }, request)) ?? []
      const activeRun = active === undefined ? null : { runId: runIdOf(active.record) }
      return reply.header('cache-control', 'no-store').send({ messages, activeRun, interrupts: null })
    }
    if (active === undefined) return reply.code(204).send()
    return answer(request, reply, active)
  })

  app.delete(url, async (request, reply) => {
    const access = await accessOf(request)
    const { runId = request.headers['x-run-id'], threadId } = request.query as Readonly<
      Record<string, unknown>
    >
    const requestKey = requestKeyOf(request)
    if (runId !== undefined) {
      checkRunId(runId)
      if (!mayName(runId, access.owner)) throw noSuchRun()
      await hub.cancelByKey({ ...access, idempotencyKey: keyOfRun(runId) })
    } else if (threadId !== undefined) {
      await hub.cancelLatest({ ...access, thread: textOf(threadId, 'threadId') })
    } else if (requestKey !== undefined) {
      const key = stops.stop([access.owner, access.scope], requestKey)
      if (key !== undefined) await hub.cancelByKey({ ...access, idempotencyKey: key })
    } else {
      throw new StreamingError(
        'invalid_request',
        'runId: is missing; or name the thread, or the stream in the URL.',
      )
    }
    return reply.code(204).send()
  })

  const streamUrl = `${url.replace(/\/$/, '')}/:streamId`

  app.get(streamUrl, { exposeHeadRoute: false }, async (request, reply) => {
    const access = await accessOf(request, ['streamId'])
    const handle = await hub.find({ ...access, streamId: streamIdOf(request) })
    return answer(request, reply, handle)
  })

  app.delete(streamUrl, async (request, reply) => {
    const access = await accessOf(request, ['streamId'])
    await hub.cancel({ ...access, streamId: streamIdOf(request) })
    return reply.code(204).send()
  })

  /** @param own the parameters of this plugin's own URL */
  async function accessOf(request: FastifyRequest, own?: readonly string[]): Promise<RunAccess> {
    return { stream, owner: await server.ownerOf(request), scope: server.scopeOf(request, own), authorize }
  }

  async function runOf(runId: string, access: RunAccess): Promise<StreamHandle | undefined> {
    const isNamed = mayName(runId, access.owner)
    const handle = isNamed ? await hub.findByKey({ ...access, idempotencyKey: keyOfRun(runId) }) : undefined
    if (handle !== undefined || !STREAM_ID.test(runId)) return handle
    // A stream that was started by another way than AG-UI is named by its own id.
    return hub.find({ ...access, streamId: runId })
  }

  function answer(request: FastifyRequest, reply: FastifyReply, handle: StreamHandle) {
    const cursor = server.lastEventId(request)
    const { streamId } = handle.record
    reply.header('location', pathOf(`${app.prefix}${streamUrl}`, { ...(request.params as object), streamId }))
    return server.send(reply, handle, { wire: agUiEvents, ...(cursor !== undefined && { cursor }) })
  }
}

function checkOptions({ url, input, context, history }: AgUiOptions): void {
  if (typeof url !== 'string' || !url.startsWith('/'))
    throw new InvalidOptionError("url has to begin with a '/'.")
  if (typeof input !== 'function') throw new InvalidOptionError('input has to be a function.')
  for (const [name, option] of Object.entries({ context, history })) {
    if (option !== undefined && typeof option !== 'function') {
      throw new InvalidOptionError(`${name} has to be a function.`)
    }
  }
}

/** Whoever knows a stream without an owner may read it. A short run id is not known, but guessed. */
function mayName(runId: string, owner: string | undefined): boolean {
  return owner !== undefined || runId.length >= UNGUESSABLE
}

/** TanStack AI names the run in a header field, too. */
function withRunId({ body, headers }: FastifyRequest): unknown {
  const runId = headers['x-run-id']
  if (typeof runId !== 'string' || typeof body !== 'object' || body === null || Array.isArray(body))
    return body
  return { runId, ...body }
}

function requestKeyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key']
  if (typeof key !== 'string') return undefined
  if (IDEMPOTENCY_KEY.test(key)) return key
  throw new StreamingError('invalid_request', `Idempotency-Key: has to be ${IDEMPOTENCY_KEY_RULE}.`)
}

function wantsJson({ headers: { accept = '' } }: FastifyRequest): boolean {
  return accept.includes('application/json') && !accept.includes('text/event-stream')
}

function textOf(value: unknown, field: string): string {
  if (typeof value === 'string') return value
  throw new StreamingError('invalid_request', `${field}: is missing, or is there twice.`)
}

function streamIdOf(request: FastifyRequest): string {
  return (request.params as { readonly streamId: string }).streamId
}

function noSuchRun(): StreamingError {
  return new StreamingError('not_found', 'There is no such run, or it is not yours.')
}

/** The client has read a part of a run that cannot be found. It must not get another answer. */
function nothingToResume(): StreamingError {
  return new StreamingError(
    'resume_expired',
    'Last-Event-ID: no run was started with this runId. To start one, send the request without Last-Event-ID.',
  )
}
