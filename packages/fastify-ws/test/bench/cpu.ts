// Server CPU for each event, against bare `ws` with a send for each token. Run with `pnpm bench`.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import WebSocket from 'ws'
import { type Load, tokenCount } from './tokens.ts'

interface Scenario {
  readonly name: string
  readonly load: Load
  readonly streams: number
  readonly sockets: number
  readonly flushMs?: number
}

const scenarios: readonly Scenario[] = [
  { name: 'burst: 50 streams of 5,000 tokens', load: 'burst', streams: 50, sockets: 50 },
  { name: '1,000 streams at 50 tokens a second', load: 'paced', streams: 1_000, sockets: 1_000 },
  {
    name: '1,000 streams at 50 a second, flushMs 50',
    load: 'paced',
    streams: 1_000,
    sockets: 1_000,
    flushMs: 50,
  },
  { name: '1,000 streams at 50 a second on 10 sockets', load: 'paced', streams: 1_000, sockets: 10 },
]

const ROUNDS = Number(process.env.ROUNDS ?? 3)

/** Reads so many streams over one socket to their ends. */
function read(socket: WebSocket, streams: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let ended = 0
    const acked = new Map<string, number>()
    socket.on('error', reject)
    socket.on('message', (data: Buffer) => {
      const text = data.toString('latin1')
      if (text.includes('"stream_complete"')) {
        ended += 1
        if (ended === streams) resolve()
        return
      }
      const streamId = /"stream_id":"([^"]+)"/.exec(text)?.[1] ?? ''
      const chunkId = Number(text.slice(text.lastIndexOf('"chunk_id":') + 11).match(/^\d+/)?.[0] ?? 0)
      if (chunkId - (acked.get(streamId) ?? 0) < 1_000) return
      acked.set(streamId, chunkId)
      socket.send(JSON.stringify({ type: 'chunk_ack', stream_id: streamId, chunk_id: chunkId }))
    })
    for (let at = 0; at < streams; at++) {
      const request = {
        type: 'stream_request',
        request_id: `${at}`,
        stream: 'chat',
        input: null,
        window: 4_096,
      }
      socket.send(JSON.stringify(request))
    }
  })
}

/** Microseconds of the server's CPU for each event. */
async function measure(
  kind: 'sluice' | 'bare',
  { load, streams, sockets, flushMs = 0 }: Scenario,
): Promise<number> {
  const server = fork(new URL('server.ts', import.meta.url), [kind, load, `${flushMs}`])
  const [{ port }] = (await once(server, 'message')) as [{ port: number }]
  const path = kind === 'sluice' ? '/ws' : '/'
  const open: WebSocket[] = []
  for (let at = 0; at < sockets; at++) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, kind === 'sluice' ? ['sluice.v1'] : [])
    await once(socket, 'open')
    open.push(socket)
  }
  server.send('begin')
  await Promise.all(open.map((socket) => read(socket, streams / sockets)))
  server.send('finish')
  const [{ cpuMs }] = (await once(server, 'message')) as [{ cpuMs: number }]
  for (const socket of open) socket.terminate()
  server.kill()
  await once(server, 'exit')
  return (cpuMs * 1000) / (streams * (tokenCount(load) + 1))
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

for (const scenario of scenarios) {
  const sluice: number[] = []
  const bare: number[] = []
  // In turn, so that what else the machine does meets both.
  for (let round = 0; round < ROUNDS; round++) {
    sluice.push(await measure('sluice', scenario))
    bare.push(await measure('bare', scenario))
  }
  const [ours, theirs] = [median(sluice), median(bare)]
  console.log(
    `${scenario.name}: ${ours.toFixed(2)} µs of CPU an event, bare ws ${theirs.toFixed(2)} µs: ${(ours / theirs).toFixed(2)}`,
  )
}
