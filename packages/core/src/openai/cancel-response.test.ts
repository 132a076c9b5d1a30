import OpenAI from 'openai'
import { expect, test } from 'vitest'
import { cancelResponse } from './cancel-response.ts'

/** A client whose requests get these answers, one each; after them they get none. */
function clientWith(...answers: readonly (number | 'broken')[]) {
  const waiting = [...answers]
  const requests: string[] = []
  const client = new OpenAI({
    apiKey: 'test',
    baseURL: 'http://provider/v1',
    logLevel: 'off',
    fetch: async (url, init) => {
      requests.push(`${init?.method?.toUpperCase()} ${url}`)
      const answer = waiting.shift()
      if (answer === 'broken') throw new TypeError('fetch failed')
      if (answer !== undefined)
        return new Response('{}', { status: answer, headers: { 'retry-after-ms': '1' } })
      return new Promise((_, reject) => init?.signal?.addEventListener('abort', reject))
    },
  })
  return { client, requests }
}

test('a cancel that fails is tried again, while it may pass', async () => {
  const { client, requests } = clientWith(500, 'broken', 429, 200, 200)
  await cancelResponse(client, 'resp_1', 10_000)
  expect(requests).toEqual(Array(4).fill('POST http://provider/v1/responses/resp_1/cancel'))
})

test('a cancel that is refused is not', async () => {
  const { client, requests } = clientWith(404, 200)
  await cancelResponse(client, 'resp_1', 10_000)
  expect(requests).toHaveLength(1)
})

test.each([
  ['never answered', []],
  ['never successful', Array<number>(100).fill(503)],
])('a cancel that is %s is given up', async (_, answers) => {
  const { client, requests } = clientWith(...answers)
  const startedAt = performance.now()
  await cancelResponse(client, 'resp_1', 200)
  expect(performance.now() - startedAt).toBeLessThan(1000)
  expect(requests.length).toBeGreaterThan(0)
})
