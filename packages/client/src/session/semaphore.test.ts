import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { Semaphore } from './semaphore.ts'

const never = new AbortController().signal

test('so many at once, the rest in the order they came', async () => {
  const connections = new Semaphore(2)
  const order: string[] = []
  const first = await connections.acquire(never)
  const second = await connections.acquire(never)
  expect(connections.isFree).toBe(false)
  const third = connections.acquire(never).then((release) => {
    order.push('third')
    return release
  })
  const fourth = connections.acquire(never).then((release) => {
    order.push('fourth')
    return release
  })
  second()
  ;(await third)()
  ;(await fourth)()
  first()
  expect(order).toEqual(['third', 'fourth'])
  expect(connections.isFree).toBe(true)
})

test('who leaves the line loses nothing for the others, and leaves no listener', async () => {
  const connections = new Semaphore(1)
  const release = await connections.acquire(never)
  const impatient = new AbortController()
  const left = connections.acquire(impatient.signal)
  const next = connections.acquire(never)
  impatient.abort(new Error('left'))
  await expect(left).rejects.toThrow('left')
  expect(getEventListeners(impatient.signal, 'abort')).toHaveLength(0)
  release()
  ;(await next)()
  expect(connections.isFree).toBe(true)
})
