// #region openai
import { resumingFetch } from '@sluice/client/fetch'
import OpenAI from 'openai'

const openai = new OpenAI({ baseURL: 'http://localhost:3000/v1', apiKey: 'any', fetch: resumingFetch() })
const answer = await openai.chat.completions.create({
  model: 'support-bot',
  messages: [{ role: 'user', content: 'Where do I begin?' }],
  stream: true,
})
let text = ''
for await (const { choices } of answer) text += choices[0]?.delta.content ?? ''
console.log(text)
// #endregion
