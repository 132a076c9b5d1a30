import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { EventQueue } from './event-queue.ts'

function fill(queue: EventQueue<number>, count: number): void {
  for (let event = 0; event < count; event += 1) queue.push(event)
}

test('nothing is lost, and the order stays, over many refills', async () => {
  const queue = new EventQueue<number>(4, () => {})
  fill(queue, 3_000)
  queue.end(null)
  expect(await Array.fromAsync(queue.consume())).toEqual(Array.from({ length: 3_000 }, (_, event) => event))
})

test('what waits is delivered before the error is thrown, once', async () => {
  const queue = new EventQueue<number>(4, () => {})
  const events = queue.consume()
  fill(queue, 1)
  queue.end(new Error('broken'))
  expect(await events.next()).toEqual({ done: false, value: 0 })
  await expect(events.next()).rejects.toThrow('broken')
  expect(await events.next()).toEqual({ done: true, value: undefined })
})

test('an event is processed when the next one is asked for', async () => {
  const processed: number[] = []
  const queue = new EventQueue<number>(4, (event) => processed.push(event))
  const events = queue.consume()
  fill(queue, 2)
  await events.next()
  expect(processed).toEqual([])
  await events.next()
  expect(processed).toEqual([0])
})

test('it is full at its limit, and has room again at half of it', async () => {
  const queue = new EventQueue<number>(4, () => {})
  const { signal } = new AbortController()
  const events = queue.consume()
  fill(queue, 4)
  expect(queue.isFull).toBe(true)
  let hasRoom = false
  const room = queue.space(signal).then(() => {
    hasRoom = true
  })
  await events.next()
  expect(hasRoom).toBe(false)
  await events.next()
  await room
  expect(queue.isFull).toBe(false)
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

test('a consumer that leaves the loop frees the waiting events, and holds nobody up', async () => {
  const queue = new EventQueue<number>(2, () => {})
  fill(queue, 2)
  const room = queue.space(new AbortController().signal)
  for await (const _ of queue.consume()) break
  await room
  expect(queue.isClosed).toBe(true)
  fill(queue, 5)
  expect(queue.isFull).toBe(false)
})

test('a consumer that asks several times at once gets them in that order', async () => {
  const queue = new EventQueue<number>(4, () => {})
  const events = queue.consume()
  const asked = Array.from({ length: 5 }, () => events.next())
  fill(queue, 1)
  await asked[0]
  fill(queue, 2)
  queue.end(null)
  const results = await Promise.all(asked)
  expect(results.map(({ value }) => value)).toEqual([0, 0, 1, undefined, undefined])
})
