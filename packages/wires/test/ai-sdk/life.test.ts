import { Chat } from '@ai-sdk/react'
import { resumingFetch } from '@sluice/client/fetch'
import { StreamingError, toolResult } from '@sluice/core'
import {
  type ChatInit,
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithToolCalls,
  type UIMessage,
} from 'ai'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { aborted, ChatServer, type ChatServerOptions, type Script } from '../support/chat-server.ts'
import { workflowTransport } from '../support/workflow-transport.ts'

let server: ChatServer
let goOn: () => void
let gate: Promise<void>

beforeEach(() => {
  gate = new Promise((resolve) => {
    goOn = resolve
  })
})
afterEach(() => {
  goOn()
  return server?.close()
})

const listen = async (script: Script, options: ChatServerOptions = {}) => {
  server = await ChatServer.listen(script, options)
}

/** Says a word, waits for the test, and says another. */
const inTwoParts: Script = async function* (_question, signal) {
  yield 'first '
  await Promise.race([gate, aborted(signal)])
  yield 'last'
}

const transports = {
  'DefaultChatTransport with resumingFetch': () =>
    new DefaultChatTransport({ api: server.api, fetch: resumingFetch({ retry: { baseMs: 1, capMs: 4 } }) }),
  // It sends the chat's id only if it is told to.
  WorkflowChatTransport: () =>
    workflowTransport({
      api: server.api,
      prepareSendMessagesRequest: ({ id, messages }) => ({ body: { id, messages } }),
    }),
  'WorkflowChatTransport with resumingFetch': () =>
    workflowTransport({
      api: server.api,
      fetch: resumingFetch({ retry: { baseMs: 1, capMs: 4 } }) as typeof fetch,
      prepareSendMessagesRequest: ({ id, messages }) => ({ body: { id, messages } }),
    }),
}

const resuming = [
  'DefaultChatTransport with resumingFetch',
  'WorkflowChatTransport with resumingFetch',
] as const

const chatWith = (name: keyof typeof transports, init: Partial<ChatInit<UIMessage>> = {}) =>
  new Chat({ id: 'chat1', transport: transports[name](), ...init })

const textOf = (message: UIMessage | undefined) =>
  message?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

const hasText = (chat: Chat<UIMessage>, text: string) =>
  vi.waitFor(() => expect(textOf(chat.lastMessage)).toBe(text), { timeout: 30_000 })

describe.each(Object.keys(transports) as (keyof typeof transports)[])('%s', (name) => {
  test('after a reload, and in a second tab, the answer is found, of one generation', async () => {
    await listen(inTwoParts)
    const first = chatWith(name)
    const sent = first.sendMessage({ text: 'Hi' })
    await hasText(first, 'first ')
    // What a page keeps of a chat.
    const messages = first.messages.slice(0, 1)
    const [reloaded, second] = [chatWith(name, { messages }), chatWith(name, { messages })]
    const resumed = [reloaded.resumeStream(), second.resumeStream()]
    await hasText(reloaded, 'first ')
    await hasText(second, 'first ')
    goOn()
    await Promise.all([sent, ...resumed])
    for (const chat of [first, reloaded, second]) expect(textOf(chat.lastMessage)).toBe('first last')
    expect(second.messages).toEqual(first.messages)
    expect(server.questions).toEqual(['Hi'])
  })

  test('if nothing runs, there is nothing to resume, and no error', async () => {
    await listen(inTwoParts)
    const chat = chatWith(name)
    await chat.resumeStream()
    expect([chat.status, chat.messages, chat.error]).toEqual(['ready', [], undefined])
  })

  test('an answer that failed is an error with the server’s sentence, and is asked for again', async () => {
    await listen(async function* () {
      yield 'Hal'
      if (server.questions.length === 1)
        throw new StreamingError('api_error', 'The model is away.', { recoverable: false })
      yield 'lo'
    })
    const chat = chatWith(name)
    await chat.sendMessage({ text: 'Hi' })
    expect([chat.status, chat.error?.message, textOf(chat.lastMessage)]).toEqual([
      'error',
      'The model is away.',
      'Hal',
    ])
    await chat.regenerate()
    expect([chat.status, textOf(chat.lastMessage)]).toEqual(['ready', 'Hallo'])
    expect(chat.messages).toHaveLength(2)
  })

  test('text of an attempt that failed is taken back', async () => {
    await listen(
      async function* () {
        yield { type: 'tool_call', index: 0, id: 'c1', name: 'f', arguments: '{}' }
        yield { type: 'finish', finishReason: 'tool_calls' }
        yield toolResult('c1', 1)
        yield 'Wrong'
        if (server.questions.length === 1) throw new StreamingError('api_error')
        yield ' no more'
      },
      { retry: { afterFirstChunk: 'restart' } },
    )
    const chat = chatWith(name)
    await chat.sendMessage({ text: 'Hi' })
    expect(chat.lastMessage?.parts.map(({ type }) => type)).toEqual(['step-start', 'tool-f', 'text'])
    expect(textOf(chat.lastMessage)).toBe('Wrong no more')
    expect(server.questions).toEqual(['Hi', 'Hi'])
  })

  test('a tool of the page is called once, and its result continues the message', async () => {
    const seen: unknown[] = []
    await listen(async function* (_question, _signal, messages) {
      seen.push(messages)
      if (messages.at(-1)?.role === 'tool') {
        yield 'It is noon.'
        return
      }
      yield 'I look. '
      yield { type: 'tool_call', index: 0, id: 'c1', name: 'clock', arguments: '{"zone":"UTC"}' }
      yield { type: 'finish', finishReason: 'tool_calls' }
    })
    const called: unknown[] = []
    const chat: Chat<UIMessage> = chatWith(name, {
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
      onToolCall: ({ toolCall }) => {
        called.push(toolCall.input)
        void chat.addToolOutput({ tool: 'clock', toolCallId: toolCall.toolCallId, output: '12:00' })
      },
    })
    await chat.sendMessage({ text: 'Time?' })
    await hasText(chat, 'I look. It is noon.')
    await vi.waitFor(() => expect(chat.status).toBe('ready'))
    expect(called).toEqual([{ zone: 'UTC' }])
    expect(chat.messages).toHaveLength(2)
    expect(chat.lastMessage?.parts).toMatchObject([
      { type: 'step-start' },
      { type: 'text', text: 'I look. ' },
      { type: 'tool-clock', state: 'output-available', output: '12:00' },
      { type: 'step-start' },
      { type: 'text', text: 'It is noon.' },
    ])
    expect(seen).toHaveLength(2)
    expect(seen[1]).toMatchObject([{}, { tool_calls: [{ id: 'c1' }] }, { role: 'tool', content: '12:00' }])
  })

  test('a request that is refused is an error with the sentence of the refusal', async () => {
    await listen(inTwoParts, { input: () => ({ messages: 'none' }) })
    const chat = chatWith(name)
    await chat.sendMessage({ text: 'Hi' })
    expect(chat.status).toBe('error')
    expect(chat.error?.message).toMatch(/messages/)
    expect(chat.error?.message).not.toMatch(/error_type/)
    expect(server.questions).toEqual([])
  })
})

describe.each(resuming)('%s', (name) => {
  test('Stop reaches the provider, keeps the text, and leaves the chat ready for the next message', async () => {
    await listen(inTwoParts)
    const chat = chatWith(name)
    const sent = chat.sendMessage({ text: 'Hi' })
    await hasText(chat, 'first ')
    await chat.stop()
    await sent
    await vi.waitFor(() => expect(server.stopped).toEqual(['Hi']))
    expect([chat.status, textOf(chat.lastMessage)]).toEqual(['ready', 'first '])
    const reloaded = chatWith(name)
    await reloaded.resumeStream()
    expect(reloaded.messages).toEqual([])
    goOn()
    await chat.sendMessage({ text: 'Again' })
    expect(textOf(chat.lastMessage)).toBe('first last')
    expect(server.questions).toEqual(['Hi', 'Again'])
  })

  test('Stop after a reload reaches the provider too', async () => {
    await listen(inTwoParts)
    const first = chatWith(name)
    void first.sendMessage({ text: 'Hi' })
    await hasText(first, 'first ')
    const reloaded = chatWith(name)
    const resumed = reloaded.resumeStream()
    await hasText(reloaded, 'first ')
    await reloaded.stop()
    await resumed
    await vi.waitFor(() => expect(server.stopped).toEqual(['Hi']))
  })
})
