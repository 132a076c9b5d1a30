import { expect, test } from 'vitest'
import type { Answer, Conversation, Turn } from '../../shared/api.ts'
import { type ChatMessage, toMessages } from '../state/chat-messages.ts'
import { turnsOf } from './turns.ts'

function answer(id: string, changes: Partial<Answer> = {}): Answer {
  const rest = { reasoning: '', toolCalls: [], error: null, finishReason: null, outputTokens: null }
  const times = { ttftMs: null, durationMs: null, createdAt: 0, endedAt: 0 }
  return {
    id,
    lane: 0,
    model: 'm',
    state: 'completed',
    streamId: id,
    text: id,
    ...rest,
    ...times,
    ...changes,
  }
}

function turn(id: string, parentId: string | null, answers: Answer[]): Turn {
  return { id, parentId, question: `${id}?`, createdAt: 0, answers }
}

const messagesOf = (...turns: Turn[]) => toMessages({ turns } as Conversation) as ChatMessage[]
const brief = (messages: readonly ChatMessage[]) => messages.map(({ id, parentId }) => [id, parentId])

test('turns are messages with their parents; the first lane comes last, since the last is shown', () => {
  const first = turn('q', null, [answer('a'), answer('b', { lane: 1 })])
  expect(brief(messagesOf(first, turn('p', 'b', [])))).toEqual([
    ['q', null],
    ['b', 'q'],
    ['a', 'q'],
    ['p', 'b'],
  ])
})

test('what came to nothing is not shown once it was asked for again', () => {
  const failed = { state: 'failed', text: '' } as const
  const asked = turn('q', null, [answer('a', failed), answer('b', { ...failed, lane: 1 }), answer('c')])
  expect(brief(messagesOf(asked)).map(([id]) => id)).toEqual(['q', 'b', 'c'])
})

test('answers of one lane are branches, and those of two are side by side', () => {
  const answers = [answer('a'), answer('b', { lane: 1 }), answer('c'), answer('d', { lane: 1 })]
  const all = messagesOf(turn('q', null, answers))
  const stored = new Map(answers.map((each) => [each.id, each]))
  const branchesAt = (id: string) => {
    const { parentId } = all.find((each) => each.id === id)!
    return all.filter((each) => each.parentId === parentId)
  }
  const shown = (chosen: string) =>
    turnsOf([all[0]!, all.find(({ id }) => id === chosen)!], branchesAt, stored)[0]!.answers
  expect(shown('a').map(({ message, lane, isChosen }) => [message.id, lane, isChosen])).toEqual([
    ['a', 0, true],
    ['d', 1, false],
  ])
  expect(shown('b').map(({ message, isChosen }) => [message.id, isChosen])).toEqual([
    ['c', false],
    ['b', true],
  ])
  expect(shown('b')[1]!.branches.map(({ id }) => id)).toEqual(['b', 'd'])
})

test('a question without an answer is a turn', () => {
  const [question] = messagesOf(turn('q', null, []))
  expect(turnsOf([question!], () => [question!], new Map())).toEqual([
    { question, branches: [question], answers: [] },
  ])
})
