import { resumingFetch } from '@sluice/client/fetch'
import OpenAI from 'openai'

const SILENCE_MS = 600

/** The client of a page, at the origin that the page is from. */
function client(): OpenAI {
  return new OpenAI({
    apiKey: 'sk-test',
    baseURL: `${location.origin}/v1`,
    dangerouslyAllowBrowser: true,
    maxRetries: 0,
    fetch: resumingFetch({ retry: { baseMs: 1, capMs: 4 }, silenceMs: SILENCE_MS, startMs: 2 * SILENCE_MS }),
  })
}

/** The things that a page does in the tests. */
export const inPage = {
  async chat(question: string): Promise<unknown[]> {
    const chunks = []
    const stream = await client().chat.completions.create({
      model: 'support-bot',
      messages: [{ role: 'user', content: question }],
      tools: [{ type: 'function', function: { name: 'look_up', parameters: {} } }],
      stream: true,
      stream_options: { include_usage: true },
    })
    for await (const chunk of stream) chunks.push(chunk)
    return chunks
  },

  async responses(question: string): Promise<unknown[]> {
    const events = []
    const stream = await client().responses.create({
      model: 'support-bot',
      input: question,
      tools: [{ type: 'function', name: 'look_up', parameters: {}, strict: false }],
      stream: true,
    })
    for await (const event of stream) events.push(event)
    return events
  },

  /** Asks, and aborts after the first text. */
  async stop(question: string): Promise<void> {
    const runner = client().chat.completions.stream({
      model: 'support-bot',
      messages: [{ role: 'user', content: question }],
    })
    runner.on('content', () => runner.abort())
    await runner.done().catch(() => {})
  },
}
