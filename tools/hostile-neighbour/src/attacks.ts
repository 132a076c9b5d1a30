import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as pass } from 'node:timers/promises'
import WebSocket from 'ws'

/** How often each answer came: a status of HTTP, or a close code of a WebSocket. */
export type Answers = Record<string, number>

/** Goes on until `isOver`, and counts its answers. */
export type Attack = (port: number, isOver: () => boolean, answers: Answers) => Promise<void>

const OWNER = { 'x-owner': 'eve' }
const JSON_TYPE = { 'content-type': 'application/json' }
const agent = new Agent({ keepAlive: true })

const count = (answers: Answers, answer: number | string): void => {
  answers[answer] = (answers[answer] ?? 0) + 1
}

interface Sent {
  readonly method: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

async function send(port: number, { method, path, headers, body }: Sent): Promise<IncomingMessage> {
  const asking = request({
    port,
    host: '127.0.0.1',
    agent,
    path: `/streams${path}`,
    method,
    headers: { ...OWNER, ...(body === undefined ? {} : JSON_TYPE), ...headers },
  })
  asking.end(body)
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  return response
}

/** Sends a request, counts its status, and reads or cuts the answer. */
async function tell(port: number, answers: Answers, sent: Sent): Promise<void> {
  try {
    const response = await send(port, sent)
    count(answers, response.statusCode!)
    const isStream = `${response.headers['content-type']}`.startsWith('text/event-stream')
    if (isStream) response.destroy()
    else for await (const _ of response);
  } catch {
    count(answers, 'cut')
  }
}

/** Runs `once` again and again, this number at a time. */
function again(
  times: number,
  once: (port: number, answers: Answers, round: number) => Promise<void>,
): Attack {
  return async (port, isOver, answers) => {
    const worker = async (): Promise<void> => {
      for (let round = 0; !isOver(); round++) await once(port, answers, round)
    }
    await Promise.all(Array.from({ length: times }, worker))
  }
}

const key = (): string => randomBytes(16).toString('base64url')
const start = (body: string): Sent => ({ method: 'POST', path: '/endless', body })

const deep = `{"tags":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
const wide = `{"tags":[${'0,'.repeat(500_000)}0]}`
const wrong = JSON.stringify({ tags: new Array(10_000).fill(0) })
const longKey = JSON.stringify({ ['k'.repeat(900_000)]: new Array(20).fill(0) })
const inputs = [wide, deep, wrong, longKey, '{"tags":', 'null']

/** Each attack, by its name. */
export const attacks = {
  /** Reads one stream from its beginning, leaves, and comes again. */
  'reconnect storm': async (port, isOver, answers) => {
    const begun = await send(port, { method: 'POST', path: '/numbers', body: '{"count":10000}' })
    const path = `/numbers/${begun.headers['stream-id']}`
    begun.destroy()
    await again(16, (port, answers) => tell(port, answers, { method: 'GET', path }))(port, isOver, answers)
  },
  /** Starts as many streams as it may, and more, each with a key of its own. */
  'start flood': again(8, (port, answers) =>
    tell(port, answers, { ...start('{}'), headers: { 'idempotency-key': key() } }),
  ),
  /** Inputs that are huge, deep, or wrong in as many places as fit. */
  'huge inputs': again(2, (port, answers, round) =>
    tell(port, answers, start(inputs[round % inputs.length]!)),
  ),
  /** Ids, cursors, threads and keys that it has made up. */
  'forged cursors': again(4, async (port, answers, round) => {
    const forged: readonly Sent[] = [
      { method: 'GET', path: `/endless/${key()}`, headers: { 'last-event-id': '5' } },
      { method: 'GET', path: `/endless?thread=trip&lastEventId=${key()}:9` },
      { method: 'GET', path: `/endless/${key()}?last_chunk_id=-1` },
      { method: 'DELETE', path: '/endless', headers: { 'idempotency-key': key() } },
      { method: 'DELETE', path: `/numbers/${key()}` },
      {
        method: 'POST',
        path: '/endless',
        body: '{}',
        headers: { 'last-event-id': '3', 'idempotency-key': key() },
      },
    ]
    await tell(port, answers, forged[round % forged.length]!)
  }),
  /** Connections that start a stream and read nothing. */
  'slow readers': async (port, isOver, answers) => {
    const body = '{}'
    const text = `POST /streams/endless HTTP/1.1\r\nhost: a\r\nx-owner: eve\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    const sockets = Array.from({ length: 50 }, () => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text)).on('error', () => {})
      return socket.pause()
    })
    while (!isOver()) await pass(50)
    for (const socket of sockets) socket.destroy()
    count(answers, 'done')
  },
  /** Requests that it leaves before they are answered. */
  ghosts: again(4, async (port, answers) => {
    const body = '{}'
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    await once(socket, 'connect').catch(() => {})
    socket.write(
      `POST /streams/endless HTTP/1.1\r\nhost: a\r\nx-owner: eve\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    socket.resetAndDestroy()
    count(answers, 'left')
  }),
  /** More messages, or pings of the protocol itself, than a connection may send. */
  'WebSocket flood': again(2, async (port, answers, round) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/streams/ws`, ['sluice.v1'], { headers: OWNER })
    socket.on('error', () => {})
    const flood = (): void => {
      for (let sent = 0; sent < 1_000 && socket.readyState === WebSocket.OPEN; sent++) {
        if (round % 2 === 0) socket.send('{"type":"chunk_ack","stream_id":"x","chunk_id":1}')
        else socket.ping()
      }
    }
    // A busy machine takes them so slowly that they are no flood: then there are more of them.
    const more = setInterval(flood, 20)
    const [code] = (await once(socket, 'close')) as [number]
    clearInterval(more)
    count(answers, code)
  }),
} as const satisfies Readonly<Record<string, Attack>>

/** The name of an attack. */
export type AttackName = keyof typeof attacks
