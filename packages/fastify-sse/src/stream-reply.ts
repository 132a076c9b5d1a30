import type { Part } from '@sluice/core'
import type { AnyStreamDefinition, RunContext, StreamDefinition } from '@sluice/core/server'
import { asHttpError, checkOrigin, Limit } from '@sluice/core/transport'
import type { FastifyInstance, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { eventsAnswer } from './answer.ts'
import { writeToResponse } from './body.ts'
import { InvalidThunkError } from './errors.ts'
import { sseFraming } from './framing.ts'
import { checkedViewing, type ViewingOptions } from './options.ts'
import { checkAccept, idempotencyKeyOf, originOf, ownerOf, streamCursorOf, threadOf } from './request.ts'
import { joinServer } from './server.ts'

/** Makes the answer. Called for a start, not for a viewer who comes back. */
export type StreamThunk = (
  context: Pick<RunContext, 'signal' | 'streamId' | 'owner' | 'attempt' | 'failure'>,
) => AsyncIterable<Part>

/** What a stream of one's own may have of a definition's options. */
export interface ReplyStreamOptions extends Omit<StreamDefinition, 'input' | 'run'> {
  /** The stream's name in its events. @default the route's URL */
  readonly name?: string
}

/** What {@link streamReply} takes. */
export type StreamReplyOptions = ViewingOptions

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Answers with the events of a stream that `thunk` makes. It has ids, a log, limits and an end like any other;
     * an `EventSource` that comes back goes on where it was, and `thunk` is not called again.
     *
     * @throws InvalidThunkError (`FST_ERR_SLUICE_THUNK`) if `thunk` is not a function
     */
    stream(thunk: StreamThunk, options?: ReplyStreamOptions): Promise<FastifyReply>
  }
}

/** Decorates replies with `reply.stream(…)`, for routes of the application's own. */
export const streamReply = fp<StreamReplyOptions>(decorate, {
  name: '@sluice/fastify-sse/stream-reply',
  fastify: '5.x',
})

async function decorate(app: FastifyInstance, given: StreamReplyOptions): Promise<void> {
  const options = checkedViewing(given)
  const { hub, authorize } = options
  const viewers = new Limit({ max: options.maxViewers })
  const departures = joinServer(app, hub)
  app.addHook('onRoute', (route) => {
    route.onSend = [route.onSend ?? []].flat().concat(writeToResponse)
  })

  app.decorateReply('stream', async function stream(this: FastifyReply, thunk, replyOptions = {}) {
    if (typeof thunk !== 'function') throw new InvalidThunkError(thunk)
    try {
      return await answer(this, thunk, replyOptions)
    } catch (error) {
      throw asHttpError(error)
    }
  })

  async function answer(
    reply: FastifyReply,
    thunk: StreamThunk,
    { name, ...definition }: ReplyStreamOptions,
  ): Promise<FastifyReply> {
    const { request } = reply
    checkOrigin(originOf(request), options)
    checkAccept(request)
    const owner = await ownerOf(request, options)
    const stream = name ?? request.routeOptions.url ?? request.url
    const cursor = streamCursorOf(request)
    const handle =
      cursor === undefined
        ? await hub.startWith(
            { ...definition, input: anyInput, run: thunk },
            {
              stream,
              input: request.body,
              owner,
              idempotencyKey: idempotencyKeyOf(request),
              thread: threadOf(request),
            },
          )
        : await hub.find({ streamId: cursor.streamId, stream, owner, authorize })
    const after = cursor?.after ?? 0
    handle.checkCursor(after)
    const framing = sseFraming(`${handle.record.streamId}:`)
    return reply.send(eventsAnswer(reply, { handle, after, framing, viewing: options, viewers, departures }))
  }
}

/** The route's own schema has validated what there is. */
const anyInput: AnyStreamDefinition['input'] = {
  '~standard': { version: 1, vendor: 'sluice', validate: (value) => ({ value }) },
}
