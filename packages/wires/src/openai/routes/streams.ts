import { StreamingError } from '@sluice/core'
import type { StreamHandle } from '@sluice/core/server'
import { checkThread, scopeOfParams } from '@sluice/core/transport'
import type { StreamServer } from '@sluice/fastify-sse'
import type { FastifyRequest } from 'fastify'
import { pathOf } from '../../plugin-scope.ts'
import { fault } from '../errors.ts'
import { encodeNote, streamIdOf } from '../ids.ts'
import type { OpenAiOptions } from '../options.ts'
import { modelInput } from '../request/model-input.ts'
import type { ParsedRequest } from '../request/parsed.ts'

/** Options of {@link Streams}. */
export interface StreamsOptions {
  /** The plugin's prefix. */
  readonly prefix: string
  readonly server: StreamServer
  readonly options: OpenAiOptions
  /** The names of the definitions that are offered as models. */
  readonly offered: ReadonlySet<string>
}

/** Starts, finds and stops the streams of the models. */
export class Streams {
  readonly server: StreamServer
  readonly models: OpenAiOptions['models']
  readonly #options: StreamsOptions

  constructor(options: StreamsOptions) {
    this.#options = options
    this.server = options.server
    this.models = options.options.models
  }

  /** @throws {StreamingError} for everything that a request can have wrong; nothing is started then */
  async start(http: FastifyRequest, parsed: ParsedRequest): Promise<StreamHandle> {
    const { server, models } = this
    const { hub, authorize } = server.options
    const owner = await server.ownerOf(http)
    const { model: name, conversation } = parsed.request
    const model = Object.hasOwn(models, name) ? models[name] : undefined
    if (model === undefined) throw noSuchModel(name)
    const thread = headerOf(http, 'thread-id') ?? conversation
    if (thread !== undefined) checkThread(thread, conversation === thread ? 'conversation' : 'Thread-Id')
    const input = await modelInput(parsed, (request) => model.input(request, http))
    return hub.start({
      stream: model.stream,
      input,
      owner,
      authorize,
      scope: scopeOf(http),
      thread,
      idempotencyKey: headerOf(http, 'idempotency-key'),
      note: encodeNote(name, parsed.toolNames),
      context: await this.#options.options.context?.(http),
      isRepeat: server.lastEventId(http) !== undefined,
    })
  }

  /** Where an answer is found by its id: `path` is that of the POST. */
  locationOf({ params }: FastifyRequest, path: string, id: string): string {
    return `${pathOf(this.#options.prefix, params)}${path}/${id}?stream=true`
  }

  /** @throws {StreamingError} `not_found` if there is none of this id, or if it is not theirs */
  async find(http: FastifyRequest): Promise<StreamHandle> {
    const { hub, authorize } = this.server.options
    const owner = await this.server.ownerOf(http)
    const { id } = http.params as { readonly id: string }
    const streamId = streamIdOf(id)
    if (streamId === undefined) throw noSuchAnswer(id)
    const found = await hub
      .find({ streamId, scope: scopeOf(http), owner, authorize })
      .catch((error: unknown) => {
        throw error instanceof StreamingError && error.type === 'not_found' ? noSuchAnswer(id, error) : error
      })
    if (!this.#options.offered.has(found.record.stream)) throw noSuchAnswer(id)
    return found
  }

  /** @throws {StreamingError} `not_found` if it is not theirs to stop */
  async cancel(http: FastifyRequest, { record: { streamId } }: StreamHandle): Promise<void> {
    const { hub, authorize } = this.server.options
    const owner = await this.server.ownerOf(http)
    await hub.cancel({ streamId, scope: scopeOf(http), owner, authorize })
  }

  /**
   * Stops the answer that was started with the `Idempotency-Key` of a request, also if its start has not come yet: a client that
   * has no answer knows no `Location`.
   * @throws {StreamingError} `invalid_request` if there is no key
   */
  async cancelByKey(http: FastifyRequest): Promise<void> {
    const { hub, authorize } = this.server.options
    const owner = await this.server.ownerOf(http)
    const idempotencyKey = headerOf(http, 'idempotency-key')
    if (idempotencyKey === undefined) {
      throw fault({ message: 'Idempotency-Key: is missing; or name the answer in the URL.' })
    }
    // A key belongs to a definition, and the request does not say to which.
    for (const stream of this.#options.offered) {
      await hub.cancelByKey({ stream, idempotencyKey, scope: scopeOf(http), owner, authorize })
    }
  }
}

/** The error of a model that is not offered. */
export function noSuchModel(name: string): StreamingError {
  const message = `The model '${name}' does not exist or you do not have access to it.`
  return fault({ type: 'not_found', message, param: 'model', code: 'model_not_found' })
}

function noSuchAnswer(id: string, cause?: unknown): StreamingError {
  const what = id.startsWith('chatcmpl-') ? 'Chat completion' : 'Response'
  return fault({ type: 'not_found', message: `${what} with id '${id}' not found.`, cause })
}

/** A stream belongs to the values of the parameters of the prefix. */
function scopeOf({ params }: FastifyRequest): string | null {
  return scopeOfParams(params, ['id', '*'])
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  // Node makes a list of `Set-Cookie` alone; what else comes twice it joins.
  return request.headers[name] as string | undefined
}
