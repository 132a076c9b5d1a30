// One of the servers that cpu.ts compares, in a process of its own: its CPU is what is measured.
import type { AddressInfo } from 'node:net'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import Fastify from 'fastify'
import { WebSocketServer } from 'ws'
import { z } from 'zod'
import fastifyWs from '../../src/index.ts'
import { type Load, tokens } from './tokens.ts'

const [, , kind, load, flushMs] = process.argv as [string, string, 'sluice' | 'bare', Load, string]

async function serveSluice(): Promise<number> {
  const chat = defineStream({ input: z.unknown(), run: () => tokens(load) })
  const hub = createHub({ streams: { chat }, log: memoryLog() })
  const app = Fastify()
  await app.register(fastifyWs, { hub, flushMs: Number(flushMs ?? 0), maxStreamsPerConnection: 1_000 })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

/** What one writes without a library: a send for each token. */
async function serveBare(): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  server.on('connection', (socket) => {
    socket.on('message', async (data) => {
      const { type, request_id } = JSON.parse(data.toString())
      if (type !== 'stream_request') return
      let chunk_id = 1
      for await (const content of tokens(load)) {
        chunk_id += 1
        socket.send(JSON.stringify({ stream_id: request_id, type: 'content_chunk', chunk_id, content }))
      }
      socket.send(JSON.stringify({ stream_id: request_id, type: 'stream_complete', chunk_id: chunk_id + 1 }))
    })
  })
  await new Promise((resolve) => server.on('listening', resolve))
  return (server.address() as AddressInfo).port
}

const port = await (kind === 'sluice' ? serveSluice() : serveBare())
let cpu = process.cpuUsage()
process.on('message', (message) => {
  if (message === 'begin') cpu = process.cpuUsage()
  else process.send!({ cpuMs: (process.cpuUsage(cpu).user + process.cpuUsage(cpu).system) / 1000 })
})
process.send!({ port })
