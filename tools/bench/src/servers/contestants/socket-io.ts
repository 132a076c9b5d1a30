import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { type Contestant, eventOf, LISTEN, type StreamRequest } from '../contestant.ts'
import { Tokens } from '../server/tokens.ts'

/** An `emit` per token, to a room that a stream's viewers are in. */
export const socketIo: Contestant = {
  title: 'socket.io',
  wire: 'socket.io',
  package: 'socket.io',
  async serve() {
    const server = createServer()
    const io = new Server(server, { transports: ['websocket'] })
    io.on('connection', (socket) => {
      socket.on('ask', async ({ input, stream_id }: StreamRequest) => {
        if (stream_id !== undefined) {
          await socket.join(stream_id)
          socket.emit('stream_attached', { stream_id })
        } else {
          const id = randomBytes(16).toString('base64url')
          const tokens = new Tokens(input)
          socket.on('disconnect', () => tokens.stop())
          await socket.join(id)
          socket.emit('stream_attached', { stream_id: id })
          await emitTokens(io, id, tokens)
        }
      })
    })
    server.listen(LISTEN)
    await once(server, 'listening')
    return { port: (server.address() as AddressInfo).port, path: '/socket.io/?EIO=4&transport=websocket' }
  },
}

async function emitTokens(io: Server, stream_id: string, tokens: Tokens): Promise<void> {
  const room = io.to(stream_id)
  let id = 0
  for await (const token of tokens) {
    room.emit('event', { stream_id, ...eventOf(++id, token) })
  }
  room.emit('stream_complete', { stream_id })
}
