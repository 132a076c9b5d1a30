import { afterEach, describe, expect, test, vi } from 'vitest'
import { conversation } from '../../src/index.ts'
import { BothServer, type Script, transports } from '../servers.ts'

let server: BothServer
const open: (() => void)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) close()
  await server.close()
  expect(server.hub.load).toEqual({ streams: 0, viewers: 0 })
})

/** The conversation as one device sees it: nothing is shared with another but the server. */
function device(name: (typeof transports)[number]) {
  const chat = conversation(server.client(name, { storage: null }), 'chat', {
    id: 'trip',
    toInput: ({ message }) => message.text,
  })
  open.push(chat.close)
  return chat
}

describe.each(transports)('over %s', (name) => {
  test('a second device finds the answer that runs by the conversation, and both have the same to the end', async () => {
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    const script: Script = async function* () {
      yield 'first '
      await finished
      yield 'last'
      yield { type: 'finish', finishReason: 'stop' }
    }
    server = await BothServer.listen(script)
    const desk = device(name)
    void desk.send('Where do I begin?')
    await vi.waitFor(() => expect(desk.messages[1]?.text).toBe('first '))
    const phone = device(name)
    await vi.waitFor(() => expect(phone.messages[0]?.text).toBe('first '))
    finish()
    await vi.waitFor(() => expect([desk.status, phone.status]).toEqual(['ready', 'ready']))
    expect(desk.messages[1]?.text).toBe('first last')
    expect(phone.messages[0]).toMatchObject({ text: 'first last', streamId: desk.messages[1]?.streamId })
    expect(server.runs).toEqual(['Where do I begin?'])
  })

  test('Stop on one device: both have what the log has', async () => {
    const script: Script = async function* (_, signal) {
      for (let index = 0; !signal.aborted; index++) {
        yield `w${index} `
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    server = await BothServer.listen(script)
    const desk = device(name)
    void desk.send('Where do I begin?')
    await vi.waitFor(() => expect(desk.messages[1]?.text.length).toBeGreaterThan(10))
    const phone = device(name)
    await vi.waitFor(() => expect(phone.messages[0]?.text.length).toBeGreaterThan(10))
    await desk.stop()
    await vi.waitFor(() => expect(phone.messages[0]?.status).toBe('stopped'))
    expect(desk.messages[1]).toMatchObject({ status: 'stopped', text: phone.messages[0]?.text })
  })

  test('the connection is cut in mid-answer: it is all there, of one generation', async () => {
    const script: Script = async function* () {
      for (let index = 0; index < 50; index++) {
        yield `w${index} `
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      yield { type: 'finish', finishReason: 'stop' }
    }
    server = await BothServer.listen(script)
    const desk = device(name)
    const answer = desk.send('Where do I begin?')
    await vi.waitFor(() => expect(desk.messages[1]?.text.length).toBeGreaterThan(10))
    server.cut()
    expect(await answer).toMatchObject({
      status: 'done',
      text: Array.from({ length: 50 }, (_, index) => `w${index} `).join(''),
    })
    expect(server.runs).toHaveLength(1)
  })
})
