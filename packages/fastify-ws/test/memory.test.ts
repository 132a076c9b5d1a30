import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type Test, test } from 'tap'
import WebSocket from 'ws'

const LOG_BYTES = 4 * 1024 * 1024
const MORE_BYTES = 4_000_000
const UNLIMITED = Number.MAX_SAFE_INTEGER

interface Report {
  readonly said: number
  readonly growth: number
}

async function startServer(t: Test, ...lead: string[]): Promise<{ server: ChildProcess; url: string }> {
  const server = fork(new URL('support/million-server.ts', import.meta.url), [`${LOG_BYTES}`, ...lead])
  t.teardown(() => server.kill('SIGKILL'))
  const [{ port }] = (await once(server, 'message')) as [{ port: number }]
  return { server, url: `ws://127.0.0.1:${port}/ws` }
}

/** What it says when its source waits, or has said all. */
async function report(server: ChildProcess): Promise<Report> {
  server.send('report')
  return ((await once(server, 'message')) as [Report])[0]
}

/** A client that keeps nothing of what it reads. */
class Reader {
  readonly socket: WebSocket
  readonly opened: Promise<unknown>
  readonly attached: Promise<string>
  readonly ended: Promise<void>

  constructor(t: Test, url: string) {
    this.socket = new WebSocket(url, ['sluice.v1'], { perMessageDeflate: false })
    this.socket.on('error', () => {})
    t.teardown(() => this.socket.terminate())
    this.opened = once(this.socket, 'open')
    const attached = Promise.withResolvers<string>()
    const ended = Promise.withResolvers<void>()
    this.attached = attached.promise
    this.ended = ended.promise
    this.socket.on('message', (data: Buffer) => {
      if (data.includes('"stream_attached"')) attached.resolve(JSON.parse(data.toString()).stream_id)
      if (data.includes('"ping"')) this.send({ type: 'pong' })
      if (data.includes('"stream_complete"')) ended.resolve()
    })
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  start(stream: string): void {
    this.send({ type: 'stream_request', request_id: stream, stream, input: null, window: UNLIMITED })
  }

  /** Reads nothing any more. */
  stall(): void {
    this.socket.pause()
  }
}

/** A whole answer first, so that what a server needs once is there. */
async function warmUp(t: Test, url: string): Promise<void> {
  const reader = new Reader(t, url)
  await reader.opened
  reader.start('warmUp')
  await reader.ended
}

test('a stalled client beside a million tokens: memory grows by less than the log’s bound and 4 MB', async (t) => {
  // The source is no faster than the one who reads, or that one would be behind what a socket takes that nobody reads.
  const { server, url } = await startServer(t, '5000')
  await warmUp(t, url)
  const stalled = new Reader(t, url)
  const reader = new Reader(t, url)
  await Promise.all([stalled.opened, reader.opened])
  stalled.start('chat')
  const stream_id = await stalled.attached
  stalled.stall()
  reader.send({ type: 'resume_stream', request_id: 'r', stream_id, last_chunk_id: 0, window: UNLIMITED })
  await reader.attached
  server.send('begin')
  await reader.ended
  const { said, growth } = await report(server)
  t.equal(said, 1_000_000)
  t.ok(growth < LOG_BYTES + MORE_BYTES, `${growth} bytes`)
})

test('a stalled client alone: its source waits at the log’s bound', async (t) => {
  const { server, url } = await startServer(t)
  await warmUp(t, url)
  const stalled = new Reader(t, url)
  await stalled.opened
  stalled.start('chat')
  await stalled.attached
  stalled.stall()
  server.send('begin')
  const { said, growth } = await report(server)
  t.ok(said > 10_000 && said < 1_000_000, `${said} tokens were said`)
  // Less, and what is measured would not be the log.
  t.ok(growth > LOG_BYTES / 2, `${growth} bytes`)
  t.ok(growth < LOG_BYTES + MORE_BYTES, `${growth} bytes`)
})
