import { startModelServer } from '@sluice/model-server'
import OpenAI from 'openai'

const server = await startModelServer({ tokensPerSecond: 500 })
const openai = new OpenAI({ apiKey: 'any', baseURL: server.baseURL })
const messages = [{ role: 'user' as const, content: 'Where do I begin?' }]
const stream = await openai.chat.completions.create({ model: 'gpt-5-mini', messages, stream: true })
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '')
await server.close()
