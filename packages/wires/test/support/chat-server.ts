import type { AddressInfo } from 'node:net'
import { type Part, Transcript } from '@sluice/core'
import {
  createHub,
  defineStream,
  type Hub,
  memoryLog,
  type StreamDefinition,
  type StreamLog,
} from '@sluice/core/server'
import Fastify, { type FastifyInstance } from 'fastify'
import { z } from 'zod'
import { type AiSdkOptions, aiSdk, type ChatMessage, toChatMessages } from '../../src/ai-sdk/index.ts'

/** The parts that a test has an answer consist of, by the last thing that the user said. */
export type Script = (question: string, signal: AbortSignal, messages: ChatMessage[]) => AsyncIterable<Part>

/** What a test may want otherwise. */
export interface ChatServerOptions extends Partial<Omit<AiSdkOptions, 'hub'>> {
  readonly log?: StreamLog
  readonly retry?: StreamDefinition['retry']
  readonly addRoutes?: (app: FastifyInstance) => void
}

/** An application that answers `useChat` at `/api/chat`. The header `x-user` names the owner. */
export class ChatServer {
  readonly hub: Hub
  readonly app: FastifyInstance
  /** The questions of all generations. */
  readonly questions: string[] = []
  /** The questions of those that were stopped. */
  readonly stopped: string[] = []

  private constructor(script: Script, { log = memoryLog(), retry = {} }: ChatServerOptions) {
    const chat = defineStream({
      input: z.object({ messages: z.array(z.custom<ChatMessage>()) }),
      retry: { baseMs: 0, capMs: 0, ...retry },
      run: ({ input: { messages }, signal }) => {
        const question = String(messages.findLast(({ role }) => role === 'user')?.content)
        this.questions.push(question)
        signal.addEventListener('abort', () => this.stopped.push(question))
        return script(question, signal, messages)
      },
    })
    this.hub = createHub({
      streams: { chat },
      log,
      closeDeadlineMs: 5_000,
      // Hundreds of schedules are one visitor's.
      limits: { maxStartsPerMinutePerOwner: Number.POSITIVE_INFINITY },
      // A busy machine is no pressure here: what a hub frees then is what these tests look for.
      pressure: { sample: () => ({ memory: 0, eventLoopDelayMs: 0 }) },
    })
    // Connections that `fetch` keeps alive would hold up the closing.
    this.app = Fastify({ forceCloseConnections: true })
  }

  static async listen(script: Script, options: ChatServerOptions = {}): Promise<ChatServer> {
    const server = new ChatServer(script, options)
    const { log: _, retry: __, addRoutes, ...wire } = options
    await server.app.register(aiSdk, {
      hub: server.hub,
      prefix: '/api/chat',
      owner: ({ headers }) => String(headers['x-user'] ?? 'alice'),
      stream: 'chat',
      input: ({ messages }) => ({ messages: toChatMessages(messages) }),
      ...wire,
    })
    addRoutes?.(server.app)
    await server.app.listen({ host: '127.0.0.1', port: 0 })
    return server
  }

  get port(): number {
    return (this.app.server.address() as AddressInfo).port
  }

  get api(): string {
    return `http://127.0.0.1:${this.port}/api/chat`
  }

  /** What the log has of a stream. */
  async transcript(streamId: string): Promise<Transcript> {
    const transcript = new Transcript()
    const handle = await this.hub.find({ streamId, authorize: () => true })
    for await (const event of handle.read()) transcript.apply(event)
    return transcript
  }

  close(): Promise<void> {
    return this.app.close()
  }
}

/** Waits until the signal is aborted, and then fails as a provider's client does. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}
