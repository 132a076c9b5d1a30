import type { FastifyReply, FastifyRequest } from 'fastify'
import { chatCompletions, chatCompletionsWithUsage } from '../chat/wire.ts'
import { completionIdOf } from '../ids.ts'
import { parseChat } from '../request/chat.ts'
import { completionOf, readAnswer } from '../whole-answer.ts'
import { isAsked, stopByKey, stopByLocation } from './common.ts'
import type { Route } from './route.ts'
import type { Streams } from './streams.ts'

const PATH = '/chat/completions'

/** The routes of Chat Completions. */
export function chatRoutes(streams: Streams): readonly Route[] {
  const { server } = streams

  async function create(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const parsed = parseChat(request.body)
    const handle = await streams.start(request, parsed)
    const { includeUsage } = parsed
    if (!parsed.isStream) return completionOf(handle.record, await readAnswer(server.read(reply, handle)))
    const location = streams.locationOf(request, PATH, completionIdOf(handle.record.streamId))
    reply.header('location', includeUsage ? `${location}&include_usage=true` : location)
    const wire = includeUsage ? chatCompletionsWithUsage : chatCompletions
    return server.send(reply, handle, { wire, cursor: server.lastEventId(request) })
  }

  async function retrieve(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const handle = await streams.find(request)
    if (!isAsked(request, 'stream')) {
      return completionOf(handle.record, await readAnswer(server.read(reply, handle)))
    }
    const wire = isAsked(request, 'include_usage') ? chatCompletionsWithUsage : chatCompletions
    return server.send(reply, handle, { wire, cursor: server.lastEventId(request) })
  }

  return [
    { method: 'POST', url: PATH, handler: create },
    { method: 'GET', url: `${PATH}/:id`, handler: retrieve },
    { method: 'DELETE', url: PATH, handler: stopByKey(streams) },
    { method: 'DELETE', url: `${PATH}/:id`, handler: stopByLocation(streams) },
  ]
}
