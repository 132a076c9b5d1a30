import type { Part, StreamEvent } from '@sluice/core'
import { expect } from 'vitest'
import { chatCompletionsWithUsage, responses } from '../../src/openai/index.ts'
import type { completionOf } from '../../src/openai/whole-answer.ts'
import { messagesOf } from '../support/answers.ts'
import { randomParts } from '../support/random-script.ts'
import { type Answer, FINISH, type OpenAiServer } from './support.ts'

/** The record of a stream. */
export type Recorded = Parameters<typeof completionOf>[0]

/** The parts of an answer. Each second one ends with a call that the client has to make. */
function partsOf(seed: number): Part[] {
  if (seed % 2 === 0) return [...randomParts(seed), FINISH]
  return [
    ...randomParts(seed),
    { type: 'tool_call', index: 0, id: 'call_1', name: 'look_up', arguments: '{"word":' },
    { type: 'tool_call', index: 0, arguments: '"sluice"}' },
    { type: 'finish', finishReason: 'tool_calls' },
  ]
}

/** An answer that the number at the end of the question decides. */
export const seededAnswer: Answer = async function* ({ input: { messages } }) {
  for (const part of partsOf(Number(/\d+$/.exec(textOf(messages.at(-1)))?.[0]))) {
    await new Promise(setImmediate)
    yield part
  }
}

/** The chunks of a chat completion with its usage, as the client has them. */
export function chunksOf(events: readonly StreamEvent[], record: Recorded): readonly unknown[] {
  return messagesOf(chatCompletionsWithUsage, events, record)
    .map(({ data }) => data)
    .filter((data) => data !== '[DONE]')
}

/** The events of a response, as the client has them. */
export function eventsOf(events: readonly StreamEvent[], record: Recorded): readonly unknown[] {
  return messagesOf(responses, events, record).map(({ data }) =>
    typeof data === 'string' ? JSON.parse(data) : data,
  )
}

/** Asserts that a question was asked once, and that its client has what it has to have. */
export async function expectAnswer(
  server: OpenAiServer,
  { question, id, got }: { readonly question: string; readonly id: string; readonly got: unknown },
  expected: (events: readonly StreamEvent[], record: Recorded) => unknown,
): Promise<void> {
  expect(server.asked.filter(({ messages }) => textOf(messages.at(-1)) === question)).toHaveLength(1)
  const handle = await server.hub.find({ streamId: id.slice(-22), owner: undefined })
  const events: StreamEvent[] = []
  for await (const event of handle.read()) events.push(event)
  // As it arrives: without what JSON does not have.
  const wanted: unknown = JSON.parse(JSON.stringify(expected(events, handle.record)))
  expect([question, got]).toEqual([question, wanted])
}

function textOf(message: { readonly content?: unknown } | undefined): string {
  return typeof message?.content === 'string' ? message.content : JSON.stringify(message?.content)
}
