import { expect, test } from 'vitest'
import type { Mark } from '../observation/mark.ts'
import { connectionsOf } from './connections.ts'

const ask = (at: number): Mark => ({ kind: 'ask', at, isAttached: false })
const open = (at: number): Mark => ({ kind: 'open', at, isAgain: false, after: 0 })

test('a connection is asked for, stands, and is lost; the next one stands until now', () => {
  const marks: Mark[] = [
    ask(0),
    open(10),
    { kind: 'lost', at: 50, why: 'connection_lost' },
    ask(70),
    open(80),
  ]
  expect(connectionsOf(marks, 100)).toEqual([
    { from: 0, to: 10, isOpen: false },
    { from: 10, to: 50, isOpen: true },
    { from: 70, to: 80, isOpen: false },
    { from: 80, to: 100, isOpen: true },
  ])
})

test('one that has ended does not last', () => {
  const marks: Mark[] = [ask(0), open(10), { kind: 'end', at: 40, how: 'completed', ttftMs: 5 }]
  expect(connectionsOf(marks, 100).at(-1)).toEqual({ from: 10, to: 40, isOpen: true })
})

test('nothing was seen, so there is nothing', () => {
  expect(connectionsOf([], 100)).toEqual([])
})
