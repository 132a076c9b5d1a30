// How many chunks a second `useChat` takes: of an answer as Sluice sends it and as the AI SDK does, with a plain `fetch` and
// with one that resumes. The bodies are recorded, so that only the client is measured.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Chat } from '@ai-sdk/react'
import { resumingFetch } from '@sluice/client/fetch'
import {
  createUIMessageStream,
  DefaultChatTransport,
  pipeUIMessageStreamToResponse,
  type UIMessageChunk,
} from 'ai'
import { ChatServer } from '../support/chat-server.ts'

const TOKENS = 5_000
const ROUNDS = 9
const words = Array.from({ length: TOKENS }, (_, at) => `word${at % 10} `)
const REQUEST = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ messages: [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'Hi' }] }] }),
}

interface Recorded {
  readonly headers: Headers
  readonly bytes: Uint8Array<ArrayBuffer>
}

async function recorded(url: string): Promise<Recorded> {
  const response = await fetch(url, REQUEST)
  return { headers: response.headers, bytes: await response.bytes() }
}

async function ofSluice(): Promise<Recorded> {
  const server = await ChatServer.listen(async function* () {
    yield* words
  })
  const all = await recorded(server.api)
  await server.close()
  return all
}

async function ofAiSdk(): Promise<Recorded> {
  const server = createServer((_request, response) => {
    const chunks: UIMessageChunk[] = [
      { type: 'start' },
      { type: 'text-start', id: '0' },
      ...words.map((delta) => ({ type: 'text-delta', id: '0', delta }) as const),
      { type: 'text-end', id: '0' },
      { type: 'finish' },
    ]
    const stream = createUIMessageStream({
      execute: ({ writer }) => {
        for (const chunk of chunks) writer.write(chunk)
      },
    })
    void pipeUIMessageStreamToResponse({ response, stream })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const all = await recorded(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  server.close()
  return all
}

/** A `fetch` that answers with the recorded bytes, in pieces as a network brings them. */
const replaying = ({ headers, bytes }: Recorded): typeof fetch => {
  const PIECE = 16 * 1024
  return async () => {
    let at = 0
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(out) {
        if (at >= bytes.length) return out.close()
        out.enqueue(bytes.slice(at, at + PIECE))
        at += PIECE
      },
    })
    return new Response(body, { headers })
  }
}

/** Milliseconds for one answer. */
async function take(fetch: typeof globalThis.fetch): Promise<number> {
  const chat = new Chat({ transport: new DefaultChatTransport({ api: 'http://127.0.0.1/api/chat', fetch }) })
  const began = performance.now()
  await chat.sendMessage({ text: 'Hi' })
  const ms = performance.now() - began
  const part = chat.lastMessage?.parts.find(({ type }) => type === 'text')
  if (part?.type !== 'text' || part.text !== words.join('')) throw new Error('The text is not whole.')
  return ms
}

const sluice = await ofSluice()
const aiSdk = await ofAiSdk()
const contestants: Readonly<Record<string, typeof fetch>> = {
  'AI SDK’s body, plain fetch': replaying(aiSdk),
  'Sluice’s body, plain fetch': replaying(sluice),
  'Sluice’s body, resumingFetch': resumingFetch({ fetch: replaying(sluice) }) as typeof fetch,
}
const times: Record<string, number[]> = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]))
for (let round = -2; round < ROUNDS; round += 1) {
  for (const [name, fetch] of Object.entries(contestants)) {
    const ms = await take(fetch)
    if (round >= 0) times[name]!.push(ms)
  }
}
console.log(`| useChat takes ${TOKENS} chunks of text | chunks a second | ms |\n|---|---|---|`)
for (const [name, all] of Object.entries(times)) {
  const median = all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!
  console.log(`| ${name} | ${Math.round((TOKENS * 1000) / median)} | ${median.toFixed(0)} |`)
}
