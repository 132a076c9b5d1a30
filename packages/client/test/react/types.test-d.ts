import { data, type StreamingError, type StreamState, type Usage } from '@sluice/core'
import { createElement } from 'react'
import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { createClient, type Snapshot, type StreamSession, sse, type Waiting } from '../../src/index.ts'
import { StreamingChat, type UseStreamResult, useStream } from '../../src/react/index.ts'

const streams = {
  chat: {
    input: z.object({ question: z.string(), model: z.string().default('small') }),
    async *run() {
      yield 'text'
      yield data('forecast', { city: 'Lyon', celsius: 21 })
    },
  },
  plain: {
    input: z.string(),
    async *run() {
      yield 'text'
    },
  },
}

const client = createClient<typeof streams>({ transport: sse({ url: 'https://example.org/streams' }) })

// Nothing here runs: `tsc -p tsconfig.test.json` is the test.
describe('types', () => {
  test('the input is the server’s', () => {
    const { start, retry } = useStream(client, 'chat')
    start({ question: 'why?' })
    start({ question: 'why?', model: 'large' })
    // @ts-expect-error a question is missing
    start({ model: 'large' })
    // @ts-expect-error it is not text
    start('why?')
    // @ts-expect-error retry knows its input
    retry({ question: 'why?' })
    useStream(client, 'plain').start('why?')
    // @ts-expect-error no such stream
    useStream(client, 'chatt')
  })

  test('events are typed, the application’s own data parts too', async () => {
    const { start, session } = useStream(client, 'chat')
    expectTypeOf(session).toEqualTypeOf<ReturnType<typeof start> | undefined>()
    for await (const event of start({ question: 'why?' })) {
      if (event.type === 'data_chunk')
        expectTypeOf(event.data).toEqualTypeOf<{ city: string; celsius: number }>()
    }
  })

  test('what is known', () => {
    const stream = useStream(client, 'plain', { streamId: 'id', resume: false, onEnd: () => {} })
    expectTypeOf(stream.text).toEqualTypeOf<string>()
    expectTypeOf(stream.state).toEqualTypeOf<StreamState>()
    expectTypeOf(stream.error).toEqualTypeOf<StreamingError | null>()
    expectTypeOf(stream.usage).toEqualTypeOf<Usage | null>()
    expectTypeOf(stream.waiting).toEqualTypeOf<Waiting | null>()
    expectTypeOf(stream.streamId).toEqualTypeOf<string | null>()
    expectTypeOf(stream.snapshot).toEqualTypeOf<Snapshot>()
    expectTypeOf(stream.isRunning).toEqualTypeOf<boolean>()
    expectTypeOf(stream.stop).toEqualTypeOf<() => Promise<void>>()
    // @ts-expect-error it is the hook's
    stream.text = ''
  })

  test('options', () => {
    useStream(client, 'chat', { onEnd: (snapshot) => expectTypeOf(snapshot).toEqualTypeOf<Snapshot>() })
    useStream(client, 'chat', { streamId: undefined, resume: 'place', onEnd: undefined })
    // @ts-expect-error true says nothing
    useStream(client, 'chat', { resume: true })
  })

  test('without the server’s types, anything goes', () => {
    const untyped = createClient({ transport: sse({ url: '/streams' }) })
    const stream = useStream(untyped, 'anything')
    stream.start({ at: 'all' })
    expectTypeOf(stream.session).toExtend<StreamSession<{ type: string }> | undefined>()
    expectTypeOf(stream).toExtend<UseStreamResult<unknown, unknown>>()
  })

  test('StreamingChat makes the input of what was typed', () => {
    createElement(StreamingChat<typeof streams, 'chat'>, {
      client,
      name: 'chat',
      toInput: (question) => ({ question }),
      words: { start: 'Los' },
      renderText: (text, isComplete) => (isComplete ? text : `${text} …`),
      className: 'chat',
    })
    createElement(StreamingChat<typeof streams, 'chat'>, {
      client,
      name: 'chat',
      // @ts-expect-error no such input
      toInput: (text) => ({ text }),
    })
    createElement(StreamingChat<typeof streams, 'plain'>, {
      client,
      name: 'plain',
      toInput: (text) => text,
      // @ts-expect-error no such word
      words: { begin: 'Los' },
    })
  })
})
