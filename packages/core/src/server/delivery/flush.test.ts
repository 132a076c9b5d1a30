import { describe, expect, test } from 'vitest'
import { settle } from '../../testing/index.ts'
import { currentTurn, type Flushable, flushSoon } from './flush.ts'

class Recorder implements Flushable {
  scheduled = false
  readonly #name: string
  readonly #flushed: string[]

  constructor(name: string, flushed: string[]) {
    this.#name = name
    this.#flushed = flushed
  }

  flush(): void {
    this.#flushed.push(this.#name)
  }
}

describe('flushSoon', () => {
  test('flushes at the end of the turn, not before', async () => {
    const flushed: string[] = []
    flushSoon(new Recorder('a', flushed))
    await Promise.resolve()
    expect(flushed).toEqual([])
    await settle(1)
    expect(flushed).toEqual(['a'])
  })

  test('flushes once per turn, however often it is asked, in the order of asking', async () => {
    const flushed: string[] = []
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new Recorder(name, flushed))
    for (const item of [b!, a!, b!, c!, a!, b!]) flushSoon(item)
    await settle(1)
    expect(flushed).toEqual(['b', 'a', 'c'])
    await settle(2)
    expect(flushed).toHaveLength(3)
  })

  test('flushes again in the next turn what asks while it is flushed', async () => {
    const turns: number[] = []
    const item: Flushable = {
      scheduled: false,
      flush() {
        turns.push(currentTurn())
        if (turns.length < 3) flushSoon(item)
      },
    }
    flushSoon(item)
    await settle(5)
    expect(turns).toHaveLength(3)
    expect(new Set(turns).size).toBe(3)
  })

  test('changes the turn when it flushes', async () => {
    const before = currentTurn()
    flushSoon(new Recorder('a', []))
    expect(currentTurn()).toBe(before)
    await settle(1)
    expect(currentTurn()).not.toBe(before)
  })
})
