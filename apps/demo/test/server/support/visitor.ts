import { randomBytes } from 'node:crypto'
import type { StreamEvent } from '@sluice/core'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import type {
  Answer,
  ChatRequest,
  Conversation,
  Lab,
  LabChange,
  Measurements,
} from '../../../src/shared/api.ts'

/** As the page makes them. */
export const createId = (): string => randomBytes(16).toString('base64url')

/** Which answer was asked for. */
export type Asked = ChatRequest

/** Somebody with a browser: keeps a cookie, and talks to the demo over HTTP. */
export class Visitor {
  readonly #url: string
  readonly cookie: string

  private constructor(url: string, cookie: string) {
    this.#url = url
    this.cookie = cookie
  }

  /** Somebody who comes for the first time. */
  static async arrive(url: string): Promise<Visitor> {
    const response = await fetch(`${url}/api/me`)
    await response.body?.cancel()
    const [cookie = ''] = response.headers.getSetCookie().map((header) => header.split(';')[0]!)
    return new Visitor(url, cookie)
  }

  /** The same person at another address: after a restart, or at another instance. */
  at(url: string): Visitor {
    return new Visitor(url, this.cookie)
  }

  request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(this.#url + path, {
      method,
      headers: {
        cookie: this.cookie,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  /** The JSON of an answer. @throws {Error} if it is an error. */
  async ask<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const response = await this.request(method, path, body)
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return (response.status === 204 || response.status === 202 ? undefined : await response.json()) as Body
  }

  /** Puts a question into a new conversation. */
  async begin(question: string): Promise<Asked> {
    const asked = { conversationId: createId(), turnId: createId(), answerId: createId() }
    await this.ask('PUT', `/api/conversations/${asked.conversationId}/turns/${asked.turnId}`, {
      question,
      parentId: null,
    })
    return asked
  }

  /** Asks for an answer, and gives the response whose body are the events. */
  start(asked: Asked, headers: Record<string, string> = {}): Promise<Response> {
    return this.request('POST', '/streams/chat', asked, { 'idempotency-key': asked.answerId, ...headers })
  }

  /** Asks for an answer, and reads it to its end. */
  async answer(asked: Asked): Promise<StreamEvent[]> {
    return readEvents(await this.start(asked))
  }

  read(conversationId: string): Promise<Conversation> {
    return this.ask('GET', `/api/conversations/${conversationId}`)
  }

  /** The answer as the server has it. */
  async stored({ conversationId, answerId }: Asked): Promise<Answer> {
    const { turns } = await this.read(conversationId)
    const answer = turns.flatMap(({ answers }) => answers).find(({ id }) => id === answerId)
    if (answer === undefined) throw new Error('The conversation does not have this answer.')
    return answer
  }

  lab(change: LabChange): Promise<Lab> {
    return this.ask('PATCH', '/api/lab', change)
  }

  measurements(): Promise<Measurements> {
    return this.ask('GET', '/api/lab/measurements')
  }
}

/** The events of a response, one by one. */
export async function* eventsOf(response: Response): AsyncGenerator<StreamEvent> {
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  const messages = response
    .body!.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
  for await (const { data } of messages) yield JSON.parse(data) as StreamEvent
}

/** All of them. */
export async function readEvents(response: Response): Promise<StreamEvent[]> {
  return Array.fromAsync(eventsOf(response))
}

/** Waits for an event of a type, and leaves the rest to be read. */
export async function until(
  events: AsyncIterator<StreamEvent>,
  type: StreamEvent['type'],
): Promise<StreamEvent> {
  for (;;) {
    const { done, value } = await events.next()
    if (done === true) throw new Error(`It ended without a ${type}.`)
    if (value.type === type) return value
  }
}

/** The text of an answer, without the text that a retry made void. */
export function textOf(events: readonly StreamEvent[]): string {
  const kept: StreamEvent[] = []
  for (const event of events) {
    if (event.type === 'stream_retry') while ((kept.at(-1)?.chunk_id ?? 0) > event.keep_until) kept.pop()
    else kept.push(event)
  }
  return kept.map((event) => (event.type === 'content_chunk' ? event.content : '')).join('')
}
