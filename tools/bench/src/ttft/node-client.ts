import { createClient, sse } from '@sluice/client'
import { type Client, now } from './first-token.ts'

/** `@sluice/client` in Node, at the demo's server. */
export function nodeClient(url: string): Client {
  const client = createClient({ transport: sse({ url: `${url}/streams` }) })
  return {
    name: '`@sluice/client` in Node',
    async ask(question) {
      const askedAt = now()
      let seenAt: number | undefined
      const stream = client.start('chat', { messages: [{ role: 'user', content: question }] })
      for await (const text of stream.text()) if (text !== '') seenAt ??= now()
      if (seenAt === undefined) throw new Error('The answer was empty.')
      return { askedAt, seenAt }
    },
    async close() {},
  }
}
