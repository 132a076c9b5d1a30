import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  type ContentChunkEvent,
  type DataChunkEvent,
  data,
  type EventOf,
  type InputOf,
  type StreamCompleteEvent,
  type StreamShapes,
} from './index.ts'
import { createHub, defineStream, memoryLog, type RunContext } from './server/index.ts'
import { type ScriptedSource, scriptedSource } from './testing/index.ts'

const forecast = defineStream({
  input: z.object({ city: z.string(), days: z.coerce.number().default(3) }),
  run: async function* ({ input }) {
    yield input.city
    yield data('forecast', { celsius: 21 })
    yield data('sources', ['a'])
  },
})
const chat = defineStream({
  input: z.object({ prompt: z.string() }),
  run: async function* () {
    yield 'hello'
  },
})
const streams = { forecast, chat }
type Streams = typeof streams

type Data<E> = Extract<E, { readonly type: 'data_chunk' }>

describe('a definition tells the client', () => {
  test('what it takes, before the schema has transformed it', () => {
    expectTypeOf<InputOf<Streams['forecast']>>().toEqualTypeOf<{ city: string; days?: unknown }>()
    expectTypeOf<InputOf<Streams['chat']>>().toEqualTypeOf<{ prompt: string }>()
  })

  test('which events it has, its own data parts typed', () => {
    type Events = EventOf<Streams['forecast']>
    expectTypeOf<Data<Events>>().toEqualTypeOf<
      DataChunkEvent<'forecast', { celsius: number }> | DataChunkEvent<'sources', string[]>
    >()
    expectTypeOf<Extract<Events, { type: 'content_chunk' }>>().toEqualTypeOf<ContentChunkEvent>()
    expectTypeOf<Extract<Events, { type: 'stream_complete' }>>().toEqualTypeOf<StreamCompleteEvent>()
  })

  test('that it has no data parts if it yields none', () => {
    expectTypeOf<Data<EventOf<Streams['chat']>>>().toEqualTypeOf<never>()
  })

  test('nothing that is not JSON-shaped of its name', () => {
    expectTypeOf<Data<EventOf<Streams['forecast']>>['name']>().toEqualTypeOf<'forecast' | 'sources'>()
  })
})

describe('defineStream', () => {
  test('gives run what the schema makes of the input', () => {
    defineStream({
      input: z.object({ n: z.coerce.number(), at: z.string().transform((text) => new Date(text)) }),
      run: async function* ({ input, signal, attempt }) {
        expectTypeOf(input).toEqualTypeOf<{ n: number; at: Date }>()
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
        expectTypeOf(attempt).toEqualTypeOf<number>()
        yield 'x'
      },
    })
  })

  test('takes a context that run names', () => {
    interface User {
      readonly user: string
    }
    defineStream({
      input: z.string(),
      run: async function* ({ context }: RunContext<string, User>) {
        expectTypeOf(context).toEqualTypeOf<User>()
        yield context.user
      },
    })
  })

  test('takes any Standard Schema', () => {
    const schema = {} as StandardSchemaV1<{ a: string }, { a: number }>
    const stream = defineStream({
      input: schema,
      run: async function* ({ input }) {
        expectTypeOf(input).toEqualTypeOf<{ a: number }>()
        yield 'x'
      },
    })
    expectTypeOf<InputOf<typeof stream>>().toEqualTypeOf<{ a: string }>()
  })

  test('refuses what is no part', () => {
    defineStream({
      input: z.string(),
      // @ts-expect-error a number is no part
      run: async function* () {
        yield 5
      },
    })
  })

  test('makes definitions that fit a hub and a client, whatever they take', () => {
    expectTypeOf<Streams>().toExtend<StreamShapes>()
    const hub = createHub({ streams, log: memoryLog() })
    expectTypeOf(hub.streams).toEqualTypeOf<Streams>()
  })

  test('takes a scripted source', () => {
    const source = scriptedSource()
    expectTypeOf(source).toEqualTypeOf<ScriptedSource>()
    defineStream({ input: z.object({ prompt: z.string() }), run: source.run })
  })
})
