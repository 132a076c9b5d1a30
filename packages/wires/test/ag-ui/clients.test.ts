import { HttpAgent, type Message } from '@ag-ui/client'
import { resumingFetch } from '@sluice/client/fetch'
import { FaultProxy } from '@sluice/fault-proxy'
import { ChatClient, fetchServerSentEvents } from '@tanstack/ai-client'
import { HttpAgent as EarlierAgent } from 'ag-ui-client-of-copilotkit'
import { afterEach, describe, expect, test } from 'vitest'
import { AgentServer, partsOf, textOf } from './agent-server.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function listen(options: Parameters<typeof AgentServer.listen>[0] = {}): Promise<AgentServer> {
  const server = await AgentServer.listen(options)
  closers.push(() => server.close())
  return server
}

async function before(server: AgentServer): Promise<FaultProxy> {
  const proxy = await FaultProxy.before(server.port)
  closers.push(() => proxy.close())
  return proxy
}

const ask = (seed: number): Message => ({ id: `u${seed}`, role: 'user', content: String(seed) })
const contentOf = (messages: readonly Message[], role = 'assistant') =>
  messages.map((message) => (message.role === role ? String(message.content ?? '') : '')).join('')
const tanStack = (url: string, fetchClient?: typeof fetch, threadId = 'thread-1') =>
  new ChatClient({
    connection: fetchServerSentEvents(url, {
      reconnect: { delayMs: 1 },
      ...(fetchClient && { fetchClient }),
    }),
    threadId,
  })
const textIn = (client: ChatClient, type: 'text' | 'thinking' = 'text') =>
  client
    .getMessages()
    .filter(({ role }) => role === 'assistant')
    .flatMap(({ parts }) => parts.map((part) => (part.type === type ? part.content : '')))
    .join('')
/** A gate: the run waits at it. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

describe('HttpAgent', () => {
  test('has the whole answer, its calls with their results, and its own run and thread', async () => {
    const server = await listen()
    const agent = new HttpAgent({ url: server.url, threadId: 'thread-1', initialMessages: [ask(3)] })
    const runs: object[] = []
    const usage: unknown[] = []
    await agent.runAgent(
      { runId: 'run_1' },
      {
        onRunStartedEvent: ({ event: { threadId, runId } }) => void runs.push({ threadId, runId }),
        onRunFinishedEvent: ({ event }) => void usage.push(event.usage),
      },
    )
    const parts = partsOf(3)
    expect(contentOf(agent.messages)).toBe(textOf(parts))
    expect(contentOf(agent.messages, 'reasoning')).toBe(textOf(parts, 'reasoning'))
    expect(runs).toEqual([{ threadId: 'thread-1', runId: 'run_1' }])
    expect(usage).toEqual([[{ inputTokens: 3, outputTokens: 4, totalTokens: 7 }]])
  })

  test('asks once and has each character, with a fetch that resumes, if its connection is cut', async () => {
    const server = await listen()
    const proxy = await before(server)
    proxy.faults = [
      { after: 700, ending: 'reset' },
      { page: true },
      { after: 900, ending: 'truncate', pieces: [1] },
    ]
    const agent = new HttpAgent({
      url: `${proxy.url}/agent`,
      initialMessages: [ask(4)],
      fetch: resumingFetch({ retry: { baseMs: 1, capMs: 4 } }),
    })
    await agent.runAgent()
    expect(contentOf(agent.messages)).toBe(textOf(partsOf(4)))
    expect(server.runs).toEqual([4])
    expect(proxy.faulted).toBe(3)
  })

  test('does so too in the version that CopilotKit’s runtime has', async () => {
    const server = await listen()
    const proxy = await before(server)
    proxy.faults = [
      { after: 700, ending: 'reset' },
      { after: 900, ending: 'truncate', pieces: [1] },
    ]
    const fetch = resumingFetch({ retry: { baseMs: 1, capMs: 4 } })
    const agent = new EarlierAgent({
      url: `${proxy.url}/agent`,
      initialMessages: [{ id: 'u4', role: 'user', content: '4' }],
      fetch,
    })
    await agent.runAgent()
    expect(contentOf(agent.messages as unknown as Message[])).toBe(textOf(partsOf(4)))
    expect(server.runs).toEqual([4])
    expect(proxy.faulted).toBe(2)
  })

  test('fails without one: it does not take half an answer for a whole one', async () => {
    const server = await listen()
    const proxy = await before(server)
    proxy.faults = [{ after: 700, ending: 'truncate' }]
    const agent = new HttpAgent({ url: `${proxy.url}/agent`, initialMessages: [ask(4)] })
    await agent.runAgent().catch(() => {})
    expect(contentOf(agent.messages)).not.toBe(textOf(partsOf(4)))
  })

  test('stops the generation at the provider', async () => {
    const { open, opened } = gate()
    let parts = 0
    const pace = () => (++parts > 5 ? opened : Promise.resolve())
    const server = await listen({ pace })
    const agent = new HttpAgent({ url: server.url, initialMessages: [ask(4)], fetch: resumingFetch() })
    const running = agent.runAgent({}, { onTextMessageContentEvent: () => agent.abortRun() })
    await running
    await expect.poll(() => server.hub.load.streams).toBe(0)
    open()
    await expect.poll(() => server.stopped).toEqual([4])
  })

  test('stops it too before it has an answer', async () => {
    const { open, opened } = gate()
    const server = await listen({
      input: () => opened.then(() => ({ seed: 4 })),
      pace: () => new Promise(() => {}),
    })
    const arrived = new Promise((resolve) => server.app.server.once('request', resolve))
    const agent = new HttpAgent({ url: server.url, initialMessages: [ask(4)], fetch: resumingFetch() })
    const running = agent.runAgent()
    await arrived
    agent.abortRun()
    await running
    open()
    await expect.poll(() => server.hub.load.streams).toBe(0)
  })

  test('is told in its own error what was wrong', async () => {
    const server = await listen()
    const agent = new HttpAgent({
      url: server.url,
      initialMessages: [{ id: 't', role: 'tool', toolCallId: 'x', content: '' }],
    })
    const failed = agent.runAgent()
    await expect(failed).rejects.toMatchObject({
      status: 400,
      payload: {
        type: 'RUN_ERROR',
        code: 'invalid_request',
        message: 'messages[0].toolCallId: has to be the id of a call in an earlier message of the assistant.',
      },
    })
    expect(server.runs).toEqual([])
  })
})

describe('ChatClient of TanStack AI', () => {
  test('has each character and asks once by itself, if its connection is cut', async () => {
    const server = await listen()
    const proxy = await before(server)
    proxy.faults = [
      { after: 1_100, ending: 'reset' },
      { after: 900, ending: 'close', pieces: [1] },
      { after: 700, ending: 'truncate' },
    ]
    const client = tanStack(`${proxy.url}/agent`)
    await client.sendMessage('4')
    expect(client.getError()).toBeUndefined()
    expect(textIn(client)).toBe(textOf(partsOf(4)))
    expect(server.runs).toEqual([4])
    expect(proxy.faulted).toBe(3)
  })

  test('joins a run that goes on after a reload, and has the messages that the application kept', async () => {
    const { open, opened } = gate()
    let parts = 0
    const kept = { id: 'm1', role: 'user', parts: [{ type: 'text', content: '4' }] }
    const server = await listen({
      pace: () => (++parts > 5 ? opened : Promise.resolve()),
      history: () => [kept],
    })
    const agent = new HttpAgent({ url: server.url, threadId: 'thread-1', initialMessages: [ask(4)] })
    const running = agent.runAgent()
    await expect.poll(() => server.hub.load.streams).toBe(1)
    const client = new ChatClient({
      connection: fetchServerSentEvents(server.url),
      threadId: 'thread-1',
      persistence: true,
    })
    client.attach()
    await expect.poll(() => client.getMessages()[0]?.parts).toMatchObject(kept.parts)
    await expect.poll(() => textIn(client)).not.toBe('')
    open()
    await running
    await expect.poll(() => textIn(client)).toBe(textOf(partsOf(4)))
    client.dispose()
  })

  test('stops the generation with a fetch that says so; by itself it only disconnects', async () => {
    const { open, opened } = gate()
    let parts = 0
    const server = await listen({ pace: () => (++parts > 5 ? opened : Promise.resolve()) })
    const client = tanStack(server.url, resumingFetch())
    const sending = client.sendMessage('4')
    await expect.poll(() => textIn(client)).not.toBe('')
    client.stop()
    await expect.poll(() => server.hub.load.streams).toBe(0)
    open()
    await sending
    await expect.poll(() => server.stopped).toEqual([4])
  })
})
