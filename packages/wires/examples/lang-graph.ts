/**
 * The server of LangGraph, as far as `runs.stream` of its SDK reads it. The SDK resumes by itself: by `Location` and
 * `Last-Event-ID`.
 */
import type { Wire } from '@sluice/core/transport'
import { streamServer, type ViewingOptions } from '@sluice/fastify-sse'
import type { FastifyInstance } from 'fastify'

/** `stream_mode: messages-tuple`. https://docs.langchain.com/langsmith/streaming */
export const langGraph: Wire = {
  name: 'langgraph',
  begin: ({ streamId, thread }) => {
    const about = { langgraph_node: 'agent', thread_id: thread, run_id: streamId }
    const chunk = (fields: object) => [
      {
        event: 'messages',
        data: [{ type: 'AIMessageChunk', id: `run-${streamId}`, content: '', ...fields }, about],
      },
    ]
    return {
      openSince: undefined,
      push(event) {
        switch (event.type) {
          case 'stream_start':
            return [{ event: 'metadata', data: { run_id: streamId, attempt: 1 } }]
          case 'content_chunk':
            return chunk({ content: event.content })
          case 'reasoning_chunk':
            return chunk({ content: [{ type: 'reasoning', reasoning: event.content }] })
          case 'tool_call_chunk': {
            const { index, id, name, arguments: args = '' } = event
            return chunk({ tool_call_chunks: [{ index, id, name, args, type: 'tool_call_chunk' }] })
          }
          case 'data_chunk':
            return [{ event: 'custom', data: { [event.name]: event.data } }]
          case 'stream_complete':
            return [{ event: 'end', data: {} }]
          case 'stream_error':
            return [{ event: 'error', data: { error: event.error_type, message: event.message } }]
          case 'stream_cancelled':
            return [{ event: 'error', data: { error: 'cancelled', message: event.reason } }]
          default:
            return []
        }
      },
    }
  },
  errorBody: ({ message }) => ({ detail: message }),
}

interface RunParams {
  readonly threadId: string
  readonly runId: string
}

/** The routes that the SDK calls for a run. `stream` is the definition that answers; its input is the input of the run. */
export async function langGraphRoutes(
  app: FastifyInstance,
  { stream, ...options }: ViewingOptions & { readonly stream: string },
): Promise<void> {
  const server = streamServer(app, options, { errorBody: langGraph.errorBody })
  const { hub, authorize } = server.options

  app.post('/threads/:threadId/runs/stream', async (request, reply) => {
    const { threadId: thread } = request.params as RunParams
    const owner = await server.ownerOf(request)
    const { input } = request.body as { readonly input: unknown }
    const handle = await hub.start({ stream, input, owner, thread, authorize })
    const run = `${app.prefix}/threads/${encodeURIComponent(thread)}/runs/${handle.record.streamId}`
    reply.header('location', `${run}/stream`).header('content-location', run)
    return server.send(reply, handle, { wire: langGraph })
  })

  app.get('/threads/:threadId/runs/:runId/stream', async (request, reply) => {
    const { runId: streamId } = request.params as RunParams
    const handle = await hub.find({ streamId, stream, owner: await server.ownerOf(request), authorize })
    const cursor = server.lastEventId(request)
    return server.send(reply, handle, { wire: langGraph, ...(cursor !== undefined && { cursor }) })
  })

  app.get('/threads/:threadId/runs/:runId', async (request) => {
    const { runId: streamId } = request.params as RunParams
    const handle = await hub.find({ streamId, stream, owner: await server.ownerOf(request), authorize })
    return { run_id: streamId, status: handle.ended ? 'success' : 'running' }
  })
}
