import { expect, test } from 'vitest'
import type { Answer, Turn } from '../../shared/api.ts'
import type { AskedAnswer, Entry } from '../state/conversations.ts'
import { isOpen, shownAnswers } from './shown-answers.ts'

const turnOf = (...answers: readonly Partial<Answer>[]): Turn => ({
  id: 'turn',
  question: 'Why?',
  createdAt: 0,
  answers: answers as Answer[],
  chosenAnswerId: null,
})
const entryOf = (asked: readonly AskedAnswer[], ended = new Map()): Entry => ({
  conversation: null,
  failure: null,
  asked,
  ended,
})
const idsOf = (turn: Turn, entry: Entry) => shownAnswers(turn, entry).map(({ id }) => id)

test('what is only asked for comes after what the server has, and once it is there, it is one', () => {
  const asked = [{ id: 'b', turnId: 'turn' }]
  expect(idsOf(turnOf({ id: 'a', state: 'completed' }), entryOf(asked))).toEqual(['a', 'b'])
  const [, second] = shownAnswers(turnOf({ id: 'a' }, { id: 'b', state: 'running' }), entryOf(asked))
  expect(second).toMatchObject({ id: 'b', stored: { state: 'running' }, asked: asked[0] })
})

test('what is asked for in the place of another hides it', () => {
  const asked = [{ id: 'b', turnId: 'turn', replaces: 'a' }]
  expect(idsOf(turnOf({ id: 'a', state: 'failed' }), entryOf(asked))).toEqual(['b'])
})

test('a question without any answer has a place for the one with the turn’s own id', () => {
  const [answer] = shownAnswers(turnOf(), entryOf([{ id: 'x', turnId: 'another' }]))
  expect(answer).toEqual({ id: 'turn', stored: null, asked: null, seen: undefined })
  expect(isOpen(answer!)).toBe(false)
})

test('an end that this page saw counts until the answer runs as another stream', () => {
  const end = { streamId: 's1', state: 'error', error: null }
  const entry = entryOf([], new Map([['a', end]]))
  const [ended] = shownAnswers(turnOf({ id: 'a', state: 'running', streamId: 's1' }), entry)
  expect(isOpen(ended!)).toBe(false)
  const [again] = shownAnswers(turnOf({ id: 'a', state: 'running', streamId: 's2' }), entry)
  expect(again!.seen).toBeUndefined()
  expect(isOpen(again!)).toBe(true)
})
