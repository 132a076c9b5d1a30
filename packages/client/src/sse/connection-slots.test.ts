import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { connectionSlots } from './connection-slots.ts'

const url = () => 'https://example.org/streams'
const quietly = () => {}

/** Takes slots, and says in which order they were had. */
function taker(limit: number) {
  const slots = connectionSlots(url, limit)
  const had: string[] = []
  const take = (name: string, onWait = quietly) => {
    const connection = new AbortController()
    const taken = slots(connection.signal, onWait).then(() => had.push(name))
    return { connection, taken, release: () => connection.abort(new Error(name)) }
  }
  return { had, take }
}

describe('slots of one transport', () => {
  test('a number at once, the rest in the order they came', async () => {
    const { had, take } = taker(2)
    const [first, second] = [take('first'), take('second')]
    await Promise.all([first.taken, second.taken])
    const waits: string[] = []
    const third = take('third', () => waits.push('third'))
    const fourth = take('fourth', () => waits.push('fourth'))
    expect(waits).toEqual(['third', 'fourth'])
    second.release()
    await third.taken
    expect(had).toEqual(['first', 'second', 'third'])
    third.release()
    await fourth.taken
    first.release()
    fourth.release()
    await take('fifth', () => expect.unreachable()).taken
  })

  test('a wait that is aborted costs the others nothing, and leaves no listener', async () => {
    const { take } = taker(1)
    const first = take('first')
    await first.taken
    const left = take('left')
    const next = take('next')
    left.release()
    await expect(left.taken).rejects.toThrow('left')
    expect(getEventListeners(left.connection.signal, 'abort')).toHaveLength(0)
    first.release()
    await next.taken
  })

  test('a slot that comes in the turn of the abort is given on', async () => {
    const { take } = taker(1)
    const first = take('first')
    await first.taken
    const left = take('left')
    const next = take('next')
    first.release()
    left.release()
    await left.taken.catch(quietly)
    await next.taken
  })
})
