import type { AddressInfo } from 'node:net'
import type { Part } from '@sluice/core'
import {
  createHub,
  defineStream,
  type Hub,
  memoryLog,
  type RunContext,
  type StreamDefinition,
  type StreamDefinitions,
  type StreamLog,
} from '@sluice/core/server'
import Fastify, { type FastifyInstance } from 'fastify'
import OpenAI from 'openai'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { type ChatMessage, type OpenAiModel, type OpenAiOptions, openAi } from '../../src/openai/index.ts'

/** The input of the definition `chat`: what a test's model makes of each request. */
export type ChatInput = {
  readonly messages: ChatMessage[]
  readonly tools?: unknown
  readonly temperature?: number | undefined
}

/** The source of the definition `chat`. */
export type Answer = (context: RunContext<ChatInput>) => AsyncIterable<Part>

export interface ServerOptions {
  /** In milliseconds. @default 50 */
  readonly closeDeadlineMs?: number
  readonly log?: StreamLog
  readonly definition?: Partial<Omit<StreamDefinition, 'input' | 'run'>>
  readonly models?: Readonly<Record<string, OpenAiModel>>
  readonly options?: Partial<OpenAiOptions> & { readonly prefix?: string }
  /** Registers what comes before the plugin. */
  readonly before?: (app: FastifyInstance) => void | Promise<void>
}

export interface OpenAiServer {
  readonly app: FastifyInstance
  readonly hub: Hub<StreamDefinitions>
  readonly port: number
  /** The base URL for clients. */
  readonly url: string
  /** How often the provider was asked, with which input. */
  readonly asked: readonly ChatInput[]
  /** A client that does not ask again by itself. */
  readonly client: OpenAI
  close(): Promise<void>
}

/** A model that takes the conversation and the client's tools. */
export const supportBot: OpenAiModel = {
  stream: 'chat',
  input: ({ messages, tools, temperature }) => ({ messages, tools, temperature }),
}

/** A server that listens on a free port, and closes when the test ends. */
export async function serveOpenAi(answer: Answer, given: ServerOptions = {}): Promise<OpenAiServer> {
  const server = await listenOpenAi(answer, given)
  onTestFinished(() => server.close())
  return server
}

/** A server that listens on a free port until it is closed. */
export async function listenOpenAi(answer: Answer, given: ServerOptions = {}): Promise<OpenAiServer> {
  const asked: ChatInput[] = []
  const chat = defineStream({
    input: z.looseObject({ messages: z.array(z.custom<ChatMessage>()) }),
    ...given.definition,
    run: (context: RunContext<ChatInput>) => {
      asked.push(context.input)
      return answer(context)
    },
  })
  const hub: Hub<StreamDefinitions> = createHub<StreamDefinitions>({
    streams: { chat },
    log: given.log ?? memoryLog(),
    closeDeadlineMs: given.closeDeadlineMs ?? 50,
  })
  const app = Fastify({ forceCloseConnections: true })
  await given.before?.(app)
  await app.register(openAi, {
    hub,
    owner: false,
    prefix: '/v1',
    models: { 'support-bot': supportBot },
    ...(given.models && { models: given.models }),
    ...given.options,
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/v1`
  return { app, hub, port, url, asked, client: clientFor(url), close: () => app.close() }
}

export function clientFor(baseURL: string, fetch: typeof globalThis.fetch = globalThis.fetch): OpenAI {
  return new OpenAI({ apiKey: 'sk-test', baseURL, fetch, maxRetries: 0 })
}

/** An answer of these parts. */
export function says(...parts: readonly Part[]): Answer {
  return async function* () {
    yield* parts
  }
}

export const FINISH: Part = {
  type: 'finish',
  finishReason: 'stop',
  usage: { input_tokens: 5, output_tokens: 7, total_tokens: 12, cached_tokens: 2, reasoning_tokens: 3 },
}

/** An answer that says a word, and then nothing until it is stopped. `stopped` resolves when it is. */
export function endless(): { readonly answer: Answer; readonly stopped: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    stopped: promise,
    async *answer({ signal }) {
      yield 'Word '
      if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done))
      resolve()
      signal.throwIfAborted()
    },
  }
}

export const HI: [{ role: 'user'; content: string }] = [{ role: 'user', content: 'Hi' }]

/** A key with 128 random bits. */
export function newKey(): string {
  return crypto.randomUUID()
}
