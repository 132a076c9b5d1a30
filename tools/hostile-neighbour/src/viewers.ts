import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import WebSocket from 'ws'

/** What one honest viewer has got. */
export interface Reading {
  readonly text: string
  readonly isComplete: boolean
  /** The longest time between two reads, in milliseconds. */
  readonly longestPauseMs: number
}

interface ReadEvent {
  readonly type: string
  readonly content?: string
}

class Reader {
  #text = ''
  #isComplete = false
  #longestMs = 0
  #readAt: number | undefined

  take(events: readonly ReadEvent[]): void {
    const now = performance.now()
    if (this.#readAt !== undefined) this.#longestMs = Math.max(this.#longestMs, now - this.#readAt)
    this.#readAt = now
    for (const { type, content } of events) {
      if (type === 'content_chunk') this.#text += content
      if (type === 'stream_complete') this.#isComplete = true
    }
  }

  get isComplete(): boolean {
    return this.#isComplete
  }

  get reading(): Reading {
    return { text: this.#text, isComplete: this.#isComplete, longestPauseMs: this.#longestMs }
  }
}

/** Starts an answer of this number of numbers over SSE, and reads it to its end. */
export async function readOverSse(port: number, owner: string, count: number): Promise<Reading> {
  const headers = { 'content-type': 'application/json', 'x-owner': owner }
  const asking = request({ port, host: '127.0.0.1', path: '/streams/numbers', method: 'POST', headers })
  asking.end(JSON.stringify({ count }))
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  const reader = new Reader()
  let rest = ''
  for await (const bytes of response) {
    const lines = (rest + bytes).split('\n')
    rest = lines.pop()!
    reader.take(
      lines.filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)) as ReadEvent),
    )
  }
  return reader.reading
}

/** The same over a WebSocket. */
export async function readOverWs(port: number, owner: string, count: number): Promise<Reading> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/streams/ws`, ['sluice.v1'], {
    headers: { 'x-owner': owner },
    perMessageDeflate: false,
  })
  const reader = new Reader()
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as ReadEvent & {
      readonly chunks?: readonly (ReadEvent & { readonly chunk_id: number })[]
    }
    if (message.type === 'connection_established') {
      const window = 4_096
      const start = { type: 'stream_request', request_id: 'r', stream: 'numbers', input: { count }, window }
      socket.send(JSON.stringify(start))
    } else if (message.type === 'ping') socket.send('{"type":"pong"}')
    else reader.take(message.chunks ?? [message])
    if (reader.isComplete) socket.close()
  })
  socket.on('error', () => {})
  await once(socket, 'close')
  return reader.reading
}
