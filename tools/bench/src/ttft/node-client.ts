import { randomBytes } from 'node:crypto'
import { createClient, sse } from '@sluice/client'
import { type Client, now } from './first-token.ts'

/** `@sluice/client` in Node, at the demo's server, as its page does it: a question is kept, then its answer started. */
export async function nodeClient(url: string): Promise<Client> {
  const cookie = await cookieFrom(url)
  const client = createClient({ transport: sse({ url: `${url}/streams`, headers: { cookie } }) })
  return {
    name: '`@sluice/client` in Node',
    async ask(question) {
      const [conversationId, turnId, answerId] = [createId(), createId(), createId()]
      const askedAt = now()
      await put(`${url}/api/conversations/${conversationId}/turns/${turnId}`, cookie, {
        question,
        afterTurnId: null,
      })
      let seenAt: number | undefined
      const stream = client.start('chat', { conversationId, turnId, answerId })
      for await (const text of stream.text()) if (text !== '') seenAt ??= now()
      if (seenAt === undefined) throw new Error(`The answer was empty: ${stream.snapshot.error?.message}`)
      return { askedAt, seenAt }
    },
    async close() {},
  }
}

async function cookieFrom(url: string): Promise<string> {
  const response = await fetch(`${url}/api/me`)
  await response.body?.cancel()
  return response.headers.getSetCookie().map((header) => header.split(';')[0])[0] ?? ''
}

async function put(url: string, cookie: string, body: unknown): Promise<void> {
  const headers = { cookie, 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
  await response.body?.cancel()
}

/** 128 random bits, as the demo wants its ids. */
function createId(): string {
  return randomBytes(16).toString('base64url')
}
