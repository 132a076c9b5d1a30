import { once } from 'node:events'
import { test } from 'tap'
import WebSocket, { WebSocketServer } from 'ws'
import { frameHeadBytes, frameText } from './websocket-frame.ts'

/** The message that a client of `ws` reads from a frame. */
async function readsOf(frame: Buffer): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  server.on('connection', (_socket, request) => request.socket.write(frame))
  const { port } = server.address() as { port: number }
  const client = new WebSocket(`ws://127.0.0.1:${port}`)
  const [data, isBinary] = await once(client, 'message')
  client.terminate()
  server.close()
  return isBinary ? 'binary' : String(data)
}

for (const bytes of [1, 125, 126, 65_535, 65_536, 70_000]) {
  test(`a text of ${bytes} bytes is one frame that ws reads`, async (t) => {
    const text = 'x'.repeat(bytes)
    const frame = frameText(text)
    t.equal(frame.length, frameHeadBytes(bytes) + bytes)
    t.ok((await readsOf(frame)) === text)
  })
}

test('a frame is as long as its bytes, not as its characters', async (t) => {
  t.equal(await readsOf(frameText('né 漢 👩‍👩‍👧')), 'né 漢 👩‍👩‍👧')
})
