/**
 * An MCP server over streamable HTTP whose `EventStore` is a Sluice log. With a log that instances share, the answer to a call
 * can be resumed on any of them.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import {
  type EventStore,
  StreamableHTTPServerTransport,
  // biome-ignore lint/correctness/noUndeclaredDependencies: an example, whose packages are there for its test
} from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import type { LogReader, LogWriter, StreamLog } from '@sluice/core/server'
import type { FastifyInstance } from 'fastify'

/** The stream of messages that belong to no request. It has no end. */
const STANDALONE = '_GET_stream'

/** Keeps the messages of each request as the events of a stream. Their ids are `{stream_id}.{chunk_id}`. */
export class LogEventStore implements EventStore {
  readonly #log: StreamLog
  readonly #writers = new Map<string, Promise<LogWriter>>()

  constructor(log: StreamLog) {
    this.#log = log
  }

  async storeEvent(request: string, message: JSONRPCMessage): Promise<string> {
    const created = this.#writers.get(request) ?? this.#create(request)
    this.#writers.set(request, created)
    const writer = await created
    const id = `${writer.record.streamId}.${writer.next}`
    writer.append(JSON.stringify({ type: 'data_chunk', chunk_id: writer.next, name: 'mcp', data: message }))
    if ('result' in message || 'error' in message) {
      writer.end(JSON.stringify({ type: 'stream_complete', chunk_id: writer.next, finish_reason: 'stop' }))
      this.#writers.delete(request)
    }
    return id
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const [streamId = '', chunkId] = lastEventId.split('.')
    const reader = await this.#log.open(streamId)
    if (reader?.record.thread === undefined) throw new Error(`There is no event '${lastEventId}'.`)
    const { thread } = reader.record
    let after = Number(chunkId)
    while (true) {
      if (after < reader.last) {
        const range = await reader.read(after, reader.last, 65_536)
        const events: { type: string; chunk_id: number; data: JSONRPCMessage }[] = []
        range.forEach((_, json) => {
          events.push(JSON.parse(json.toString()))
        })
        for (const event of events) {
          after = event.chunk_id
          if (event.type === 'data_chunk') await send(`${streamId}.${after}`, event.data)
        }
      } else if (reader.ended || thread === STANDALONE) {
        return thread
      } else {
        await appended(reader, after)
      }
    }
  }

  async #create(request: string): Promise<LogWriter> {
    const creation = await this.#log.create({
      ...{
        streamId: randomBytes(16).toString('base64url'),
        stream: 'mcp',
        owner: undefined,
        createdAt: Date.now(),
      },
      ...{ idempotency: undefined, thread: request },
    })
    if (creation.outcome !== 'created') throw new Error(`The stream is ${creation.outcome}.`)
    return creation.writer
  }
}

/** Until there is more than `after`, or nothing more will come. */
function appended(reader: LogReader, after: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const unsubscribe = reader.subscribe({
      appended() {
        unsubscribe()
        resolve()
      },
      evicted() {
        unsubscribe()
        reject(new Error('The log no longer has this stream.'))
      },
    })
    if (reader.last <= after && !reader.ended) return
    unsubscribe()
    resolve()
  })
}

/** The routes of an MCP server without sessions: each request has a server of its own, whose calls outlive the connection. */
export async function mcpRoutes(
  app: FastifyInstance,
  { log, newServer }: { readonly log: StreamLog; readonly newServer: () => McpServer },
): Promise<void> {
  app.route({
    method: ['GET', 'POST'],
    url: '/mcp',
    handler: async (request, reply) => {
      reply.hijack()
      const transport = new StreamableHTTPServerTransport({
        eventStore: new LogEventStore(log),
        retryInterval: 50,
      })
      await newServer().connect(transport)
      await transport.handleRequest(request.raw, reply.raw, request.body)
      if (request.method === 'GET' && !reply.raw.closed)
        await once(reply.raw, 'close').finally(() => transport.close())
    },
  })
}
