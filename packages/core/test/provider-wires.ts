import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import OpenAI from 'openai'
import { openaiChat, openaiResponses } from '../src/openai/index.ts'
import type { FinishPart, Part } from '../src/parts.ts'
import wires from './provider-wires.json' with { type: 'json' }

/** A body that a server in daily use sends, and what must come of it. */
export interface WireCase {
  readonly api: 'chat' | 'responses'
  readonly name: string
  readonly status: number
  readonly content_type: string
  readonly body: string
  readonly ends: 'close' | 'reset' | 'open'
  readonly expect: {
    readonly end: 'stream_complete' | 'stream_error'
    readonly text?: string
    readonly reasoning?: string
    readonly finish_reason?: string
    readonly tool_calls?: readonly object[]
    readonly usage?: object
    readonly error_type?: string
    readonly recoverable?: boolean
    readonly requests?: number
  }
}

const all = wires.cases as readonly WireCase[]

/** Every case; a body without a choice, such as an error or a page, says the same to both adapters. */
export const CASES: readonly WireCase[] = [
  ...all,
  ...all
    .filter(({ api, body }) => api === 'chat' && !body.includes('"choices"'))
    .map((one) => ({ ...one, api: 'responses' as const })),
]

/** A server that answers every request with the case that its path names by number. */
export class WireServer {
  readonly #server: Server
  readonly #requests = new Map<number, number>()

  private constructor(server: Server) {
    this.#server = server
    server.on('request', (request, response) => {
      request.resume()
      const number = Number(request.url?.split('/')[1])
      this.#requests.set(number, this.requestsOf(number) + 1)
      const { status, content_type, body, ends } = CASES[number]!
      response.writeHead(status, { 'content-type': content_type })
      if (ends === 'close') response.end(body)
      // A reset overtakes what was not sent yet, so it follows once the bytes are out.
      else
        response.write(body, () => ends === 'reset' && setImmediate(() => response.socket?.resetAndDestroy()))
    })
  }

  static async start(): Promise<WireServer> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new WireServer(server)
  }

  clientOf(number: number): OpenAI {
    const { port } = this.#server.address() as AddressInfo
    return new OpenAI({ apiKey: 'test', baseURL: `http://127.0.0.1:${port}/${number}`, logLevel: 'off' })
  }

  requestsOf(number: number): number {
    return this.#requests.get(number) ?? 0
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}

/** Asks the API that a case is for. */
export function ask(
  api: WireCase['api'],
  client: OpenAI,
  signal?: AbortSignal,
): AsyncIterable<Exclude<Part, string>> {
  return api === 'chat'
    ? openaiChat(client, { model: 'm', messages: [] }, { signal })
    : openaiResponses(client, { model: 'm', input: 'x' }, { signal })
}

/** The parts and the error that came of an answer. */
export interface Outcome {
  text: string
  reasoning: string
  calls: { id?: string | undefined; name?: string | undefined; arguments: string }[]
  finish: FinishPart | undefined
  /** Sources, files and results of tools. */
  more: object[]
  error: unknown
}

export async function readAnswer(source: AsyncIterable<Exclude<Part, string>>): Promise<Outcome> {
  const outcome: Outcome = {
    text: '',
    reasoning: '',
    calls: [],
    finish: undefined,
    more: [],
    error: undefined,
  }
  try {
    for await (const part of source) {
      if (part.type === 'content') outcome.text += part.content
      else if (part.type === 'reasoning') outcome.reasoning += part.content
      else if (part.type === 'finish') outcome.finish = part
      else if (part.type === 'source' || part.type === 'file' || part.type === 'tool_result')
        outcome.more.push(part)
      else if (part.type === 'tool_call') {
        const call = outcome.calls[part.index] ?? { arguments: '' }
        outcome.calls[part.index] = call
        call.id ??= part.id
        call.name ??= part.name
        call.arguments += part.arguments ?? ''
      }
    }
  } catch (error) {
    outcome.error = error
  }
  return outcome
}
