import { OpenAI } from 'openai'
import { type Client, now } from './first-token.ts'

/** The `openai` client, straight at the model server: what there is to lose without Sluice in between. */
export function directClient(baseURL: string, model: string): Client {
  const openai = new OpenAI({ baseURL, apiKey: 'none' })
  return {
    name: '`openai` in Node, without Sluice',
    async ask(question) {
      const askedAt = now()
      let seenAt: number | undefined
      const answer = await openai.chat.completions.create({
        model,
        messages: [{ role: 'user', content: question }],
        stream: true,
      })
      for await (const { choices } of answer) if (choices[0]?.delta.content) seenAt ??= now()
      if (seenAt === undefined) throw new Error('The answer was empty.')
      return { askedAt, seenAt }
    },
    async close() {},
  }
}
