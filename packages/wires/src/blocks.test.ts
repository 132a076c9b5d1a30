import type { StreamEvent } from '@sluice/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomEvents } from '../test/support/random-events.ts'
import { type BlockHandlers, Blocks } from './blocks.ts'

/** Blocks that write down what they say. */
function recorded() {
  const said: string[] = []
  const handlers: BlockHandlers = {
    textBegin: ({ id }) => said.push(`begin ${id}`),
    textDelta: ({ id }, delta) => said.push(`${id} ${delta}`),
    textEnd: ({ id }) => said.push(`end ${id}`),
    callBegin: ({ id, name, arguments: args }) => said.push(`call ${id} ${name}${args}`),
    callDelta: ({ id }, fragment) => said.push(`${id} ${fragment}`),
    callEnd: ({ id, arguments: args }, input) =>
      said.push(`done ${id} ${input === undefined ? `no JSON ${args}` : JSON.stringify(input.value)}`),
    nextRound: () => said.push('round'),
  }
  return { said, blocks: new Blocks(handlers) }
}

function apply(blocks: Blocks, event: StreamEvent): void {
  if (event.type === 'content_chunk' || event.type === 'reasoning_chunk') blocks.text(event)
  else if (event.type === 'tool_call_chunk') blocks.call(event)
  else if (event.type === 'tool_result') blocks.result(event)
  else if (event.type === 'file') blocks.part()
  else if (event.type === 'stream_complete') blocks.end()
  else if (event.type === 'stream_error' || event.type === 'stream_cancelled') blocks.forget()
  else if (event.type === 'stream_retry' && event.keep_until < event.chunk_id - 1) blocks.forget()
}

let next = 0
function number(event: object): StreamEvent {
  next += 1
  return { chunk_id: next, ...event } as StreamEvent
}
const text = (content: string) => number({ type: 'content_chunk', content })
const reasoning = (content: string) => number({ type: 'reasoning_chunk', content })
const call = (index: number, fields: object) => number({ type: 'tool_call_chunk', index, ...fields })
const result = (index: number) =>
  number({ type: 'tool_result', index, id: `c${index}`, output: 1, is_error: false })
const complete = () => number({ type: 'stream_complete' })

function said(make: () => readonly StreamEvent[]): readonly string[] {
  next = 0
  const record = recorded()
  for (const event of make()) apply(record.blocks, event)
  return record.said
}

describe('text', () => {
  test('of one kind is one block, and the other kind begins another', () => {
    expect(said(() => [reasoning('a'), reasoning('b'), text('c'), reasoning('d'), complete()])).toEqual([
      ...['begin reasoning-1', 'reasoning-1 a', 'reasoning-1 b', 'end reasoning-1'],
      ...['begin text-3', 'text-3 c', 'end text-3', 'begin reasoning-4', 'reasoning-4 d', 'end reasoning-4'],
    ])
  })
})

describe('a call', () => {
  test('begins with its id and name, and ends with text that follows whole arguments', () => {
    const events = () => [
      call(0, { id: 'a', name: 'f' }),
      call(0, { arguments: '{"x":' }),
      call(0, { arguments: '1}' }),
    ]
    expect(said(() => [...events(), text('t')])).toEqual([
      ...['call a f', 'a {"x":', 'a 1}', 'done a {"x":1}', 'begin text-4', 'text-4 t'],
    ])
  })

  test('that waits for its name has its first fragments when it begins', () => {
    expect(
      said(() => [call(0, { arguments: '[' }), call(0, { id: 'a', name: 'f', arguments: ']' }), complete()]),
    ).toEqual(['call a f', 'a [', 'a ]', 'done a []'])
  })

  test('gets a name and an id at its end if it had none', () => {
    expect(said(() => [call(0, {}), complete()])).toEqual(['call call-1 unknown', 'done call-1 {}'])
  })

  test('may be interleaved with others, and with text before its arguments are whole', () => {
    const events = () => [
      ...[call(0, { id: 'a', name: 'f', arguments: '{' }), call(1, { id: 'b', name: 'g', arguments: '{}' })],
      ...[text('t'), call(0, { arguments: '}' }), complete()],
    ]
    expect(said(events)).toEqual([
      ...['call a f', 'a {', 'call b g', 'b {}', 'done b {}', 'begin text-3', 'text-3 t', 'end text-3'],
      ...['a }', 'done a {}'],
    ])
  })

  test('whose arguments are no JSON says so at its end', () => {
    expect(said(() => [call(0, { id: 'a', name: 'f', arguments: '{"x' }), complete()]).at(-1)).toBe(
      'done a no JSON {"x',
    )
  })

  test('ends with its result, and takes no fragment after it', () => {
    expect(said(() => [call(0, { id: 'c0', name: 'f' }), result(0), call(0, { arguments: '1' })])).toEqual([
      'call c0 f',
      'done c0 {}',
    ])
  })
})

describe('a round', () => {
  test('ends with the results, however many, and the next begins with text or with a call', () => {
    const calls = () => [call(0, { id: 'a', name: 'f' }), call(1, { id: 'b', name: 'f' })]
    expect(said(() => [...calls(), result(0), result(1), text('t')]).slice(-3)).toEqual([
      'round',
      'begin text-5',
      'text-5 t',
    ])
    expect(said(() => [...calls(), result(0), result(1), call(2, { id: 'd', name: 'f' })]).slice(-2)).toEqual(
      ['round', 'call d f'],
    )
  })

  test('goes on if a result comes in the middle of its text', () => {
    const events = () => [call(0, { id: 'a', name: 'f', arguments: '{}' }), text('t'), result(0), text('u')]
    expect(said(events)).not.toContain('round')
  })
})

test('from where the oldest block began, all that follows is said again in the same way', () => {
  fc.assert(
    fc.property(randomEvents(['restart', 'continue']), (events) => {
      const first = recorded()
      const places = events.map((event) => {
        const { openSince = event.chunk_id } = first.blocks
        const before = first.said.length
        apply(first.blocks, event)
        return { openSince, before }
      })
      for (const [at, { openSince, before }] of places.entries()) {
        const second = recorded()
        for (const event of events.slice(openSince - 1, at)) apply(second.blocks, event)
        second.said.length = 0
        for (const event of events.slice(at)) apply(second.blocks, event)
        expect(second.said).toEqual(first.said.slice(before))
      }
    }),
  )
})
