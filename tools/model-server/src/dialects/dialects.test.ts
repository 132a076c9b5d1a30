import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { chat, clientOf, contentOf, finishOf, readAll } from '../../test/support.ts'
import { type ModelServer, startModelServer } from '../index.ts'

let server: ModelServer
beforeAll(async () => {
  server = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

const model = (dialect: string) => chat('Hello', `sluice-dialect-${dialect}`)

async function bodyOf(dialect: string): Promise<string> {
  const response = await clientOf(server)
    .chat.completions.create({ ...model(dialect), stream: true })
    .asResponse()
  return response.text()
}

describe('a dialect', () => {
  test('is chosen by the model’s name, or by the header, which takes several', async () => {
    const read = (headers: Record<string, string>, name = 'gpt-5') =>
      readAll(clientOf(server).chat.completions.create({ ...chat('Hello', name), stream: true }, { headers }))
    const byName = await read({}, 'sluice-dialect-reason-stop')
    const byHeader = await read({ 'x-model-dialect': 'reason-stop' })
    for (const { items } of [byName, byHeader]) {
      expect(items[0]?.choices[0]?.finish_reason).toBe('stop')
      expect(contentOf(items)).toBe(server.answerFor('Hello'))
    }
    const { items } = await read({ 'x-model-dialect': 'reasoning, reason-blank' }, 'sluice-reasoning')
    expect(items[1]?.choices[0]).toMatchObject({ finish_reason: '', delta: { reasoning_content: '' } })
    expect(finishOf(items)).toBe('stop')
  })

  test('that is not known is refused', async () => {
    const asked = clientOf(server).chat.completions.create(chat('x'), {
      headers: { 'x-model-dialect': 'klingon' },
    })
    await expect(asked).rejects.toMatchObject({ status: 400, code: 'invalid_header' })
    await expect(clientOf(server).chat.completions.create(model('klingon'))).rejects.toMatchObject({
      status: 404,
    })
  })

  test.each<[string, RegExp]>([
    ['reason-blank', /"finish_reason":""/],
    ['reason-null', /"finish_reason":"null"/],
    ['reason-missing', /^(?!.*"finish_reason":"stop")/s],
    ['no-done', /^(?!.*\[DONE\])/s],
    ['pings', /^: PROCESSING\n\ndata: null\n\ndata: \{"type":"ping"\}/],
    ['blocks', /"content":\[\{"type":"text"/],
    ['message', /"message":\{"content"/],
    ['choices', /"index":1,"delta":\{"content":"other "/],
    ['whole', /^\{.*"object":"chat.completion"/],
  ])('%s is what it says', async (dialect, form) => {
    expect(await bodyOf(dialect)).toMatch(form)
  })

  test.each<[string, RegExp]>([
    ['calls-without-index', /"tool_calls":\[\{"id":/],
    ['calls-index-text', /"index":"0"/],
    ['calls-index-0', /"tool_calls":\[\{"index":0,.*"tool_calls":\[\{"index":0,/s],
    ['calls-object', /"arguments":\{"q":1\}/],
    ['function-call', /"function_call":\{"name":"find"/],
  ])('%s is what it says of tool calls', async (dialect, form) => {
    const call = { name: 'find', arguments: '{"q":1}' }
    server.script({ toolCalls: [call, { ...call, arguments: '{"q":2}' }] })
    expect(await bodyOf(dialect)).toMatch(form)
  })

  test('error-number and error-bare change an error in the stream', async () => {
    for (const [dialect, form] of [
      ['error-number', /"code":502/],
      ['error-bare', /data: \{"object":"error"/],
    ] as const) {
      server.fail('error', { afterTokens: 1 })
      expect(await bodyOf(dialect)).toMatch(form)
    }
  })

  test.each<[string, RegExp]>([
    ['numbers-zero', /^(?!.*"sequence_number":1)/s],
    ['done-only', /^(?!.*\.delta)/s],
  ])('%s is one of the Responses API', async (dialect, form) => {
    const request = { model: `sluice-dialect-${dialect}`, input: 'Hello', stream: true as const }
    const response = await clientOf(server).responses.create(request).asResponse()
    expect(await response.text()).toMatch(form)
  })
})
