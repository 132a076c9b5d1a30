import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { data, type Part, toolResult } from '@sluice/core'
import { createHub, defineStream, type Hub, memoryLog, type StreamLog } from '@sluice/core/server'
import { seededRandom } from '@sluice/random'
import Fastify, { type FastifyInstance } from 'fastify'
import { z } from 'zod'
import { type AgUiOptions, agUi, stateSnapshot } from '../../src/ag-ui/index.ts'

const UNITS = [
  'word ',
  'né ',
  '漢字',
  '👩‍👩‍👧',
  '\n',
  '\r\n',
  '\u2028',
  '"',
  '\\',
  'data: ',
  ': end',
  '\n\n',
  'id: 7',
]

/** An answer of several rounds, always the same for the same seed: reasoning, text, calls with their results, data. */
export function partsOf(seed: number): Part[] {
  const random = seededRandom(-seed)
  const upTo = (limit: number) => Math.floor(random() * limit)
  const words = () => Array.from({ length: 2 + upTo(30) }, () => UNITS[upTo(UNITS.length)]!)
  const rounds = 1 + upTo(3)
  return Array.from({ length: rounds }, (_, round): Part[] => {
    const id = `call-${seed}-${round}`
    const args = JSON.stringify({ q: words().join('') })
    const isLast = round === rounds - 1
    return [
      ...(upTo(2) === 0 ? words().map((content): Part => ({ type: 'reasoning', content })) : []),
      { type: 'content', content: `Round ${round}. ` },
      ...words(),
      ...(upTo(2) === 0 ? [data('note', { round })] : []),
      ...(upTo(3) === 0 ? [stateSnapshot({ round })] : []),
      ...(isLast
        ? []
        : ([
            { type: 'tool_call', index: 0, id, name: 'search', arguments: '' },
            ...(args.match(/[\s\S]{1,9}/gu) ?? []).map(
              (fragment): Part => ({ type: 'tool_call', index: 0, arguments: fragment }),
            ),
            { type: 'finish', finishReason: 'tool_calls' },
            toolResult(id, { hits: round }),
          ] satisfies Part[])),
    ]
  })
    .flat()
    .concat({
      type: 'finish',
      finishReason: 'stop',
      usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
    })
}

/** The text that a client has to have in the end. */
export function textOf(parts: readonly Part[], type: 'content' | 'reasoning' = 'content'): string {
  return parts
    .map((part) => {
      if (typeof part === 'string') return type === 'content' ? part : ''
      return part.type === type ? part.content : ''
    })
    .join('')
}

/** Options of {@link AgentServer.listen}. */
interface AgentServerOptions extends Partial<AgUiOptions> {
  readonly log?: StreamLog
  /** Waits before each part. @default a turn of the event loop */
  readonly pace?: () => Promise<unknown>
}

/** A server with an agent at `/agent`, that answers the question `7` with the parts of seed 7. */
export class AgentServer {
  readonly app: FastifyInstance
  readonly hub: Hub
  /** The seeds that a run was started for. */
  readonly runs: number[] = []
  /** The seeds whose run was stopped. */
  readonly stopped: number[] = []

  private constructor({ log = memoryLog(), pace = turn, ...options }: AgentServerOptions) {
    const chat = defineStream({
      input: z.object({ seed: z.number() }),
      run: ({ input: { seed }, signal }) => this.#run(seed, signal, pace),
    })
    this.hub = createHub({ streams: { chat }, log })
    this.app = Fastify()
    this.app.register(agUi, {
      hub: this.hub,
      owner: ({ headers }) => headers['x-user']?.toString() ?? 'ann',
      url: '/agent',
      stream: 'chat',
      input: ({ messages }) => {
        const { content } = messages.findLast(({ role }) => role === 'user')!
        return { seed: Number(typeof content === 'string' ? content : JSON.stringify(content)) }
      },
      ...options,
    })
  }

  static async listen(options: AgentServerOptions = {}): Promise<AgentServer> {
    const server = new AgentServer(options)
    await server.app.listen({ port: 0, host: '127.0.0.1' })
    return server
  }

  get port(): number {
    return (this.app.server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/agent`
  }

  async close(): Promise<void> {
    await this.hub.close({ deadlineMs: 0 })
    this.app.server.closeAllConnections()
    await this.app.close()
  }

  async *#run(seed: number, signal: AbortSignal, pace: () => Promise<unknown>): AsyncGenerator<Part> {
    this.runs.push(seed)
    try {
      for (const part of partsOf(seed)) {
        await pace()
        signal.throwIfAborted()
        yield part
      }
    } finally {
      if (signal.aborted) this.stopped.push(seed)
    }
  }
}
