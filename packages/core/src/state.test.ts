import { describe, expect, test } from 'vitest'
import { StreamingError } from './errors.ts'
import { isFinal, type StreamState, TRANSITIONS, transition } from './state.ts'

const STATES = Object.keys(TRANSITIONS) as StreamState[]

/** The protocol's sentence, written out: `from` and the states that may follow it. */
const LEGAL = new Set([
  'idle connecting',
  'idle cancelled',
  'connecting streaming',
  'connecting error',
  'connecting cancelled',
  'streaming paused',
  'streaming connecting',
  'streaming completed',
  'streaming error',
  'streaming cancelled',
  'paused streaming',
  'paused connecting',
  'paused completed',
  'paused error',
  'paused cancelled',
])

describe('transition', () => {
  test('knows the states of the protocol', () => {
    expect(STATES).toEqual(['idle', 'connecting', 'streaming', 'paused', 'completed', 'error', 'cancelled'])
  })

  for (const from of STATES) {
    for (const to of STATES) {
      if (LEGAL.has(`${from} ${to}`)) {
        test(`goes from ${from} to ${to}`, () => expect(transition(from, to)).toBe(to))
      } else {
        test(`does not go from ${from} to ${to}, and names both`, () => {
          const error = thrownBy(() => transition(from, to))
          expect(error).toBeInstanceOf(StreamingError)
          expect(error).toMatchObject({ type: 'unexpected_error', recoverable: false })
          expect((error as Error).message).toContain(`'${from}'`)
          expect((error as Error).message).toContain(`'${to}'`)
        })
      }
    }
  }

  test('leaves no final state, and can leave every other', () => {
    expect(STATES.filter((state) => isFinal(state))).toEqual(['completed', 'error', 'cancelled'])
    for (const state of STATES) expect(TRANSITIONS[state].length === 0).toBe(isFinal(state))
  })

  test('can reach a final state from every state', () => {
    for (const state of STATES) expect([...reachable(state)].some(isFinal)).toBe(true)
  })
})

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}

function reachable(from: StreamState, seen = new Set<StreamState>()): Set<StreamState> {
  if (seen.has(from)) return seen
  seen.add(from)
  for (const to of TRANSITIONS[from]) reachable(to, seen)
  return seen
}
