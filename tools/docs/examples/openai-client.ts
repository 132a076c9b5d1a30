// #region client
import { resumingFetch } from '@sluice/client/fetch'
import OpenAI from 'openai'

const client = new OpenAI({ baseURL: process.env.SUPPORT_URL, apiKey: 'sk-ann', fetch: resumingFetch() })

const answer = client.chat.completions.stream({
  model: 'support-bot',
  messages: [{ role: 'user', content: 'Where do I begin?' }],
})
for await (const { choices } of answer) process.stdout.write(choices[0]?.delta.content ?? '')
// #endregion

// #region resume
const plain = new OpenAI({ baseURL: process.env.SUPPORT_URL, apiKey: 'sk-ann' })
const events = await plain.responses.create({
  model: 'support-bot',
  input: 'Where do I begin?',
  stream: true,
})
let id = ''
let last = 0
for await (const event of events) {
  if (event.type === 'response.created') id = event.response.id
  last = event.sequence_number
  if (event.type === 'response.output_text.delta') break // the train is in a tunnel
}
// later, elsewhere, on any instance:
const rest = await plain.responses.retrieve(id, { stream: true, starting_after: last })
for await (const event of rest) if (event.type === 'response.completed') console.log(event.response.status)
// #endregion
