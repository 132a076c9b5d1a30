import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

const never = new AbortController().signal

test('so many at once, the rest in the order they came', async () => {
  const turns = new Turns(2)
  const order: string[] = []
  const first = await turns.take(never)
  const second = await turns.take(never)
  expect(turns.isFree).toBe(false)
  const third = turns.take(never).then((giveBack) => {
    order.push('third')
    return giveBack
  })
  const fourth = turns.take(never).then((giveBack) => {
    order.push('fourth')
    return giveBack
  })
  second()
  ;(await third)()
  ;(await fourth)()
  first()
  expect(order).toEqual(['third', 'fourth'])
  expect(turns.isFree).toBe(true)
})

test('who leaves the line loses nothing for the others, and leaves no listener', async () => {
  const turns = new Turns(1)
  const giveBack = await turns.take(never)
  const impatient = new AbortController()
  const left = turns.take(impatient.signal)
  const next = turns.take(never)
  impatient.abort(new Error('left'))
  await expect(left).rejects.toThrow('left')
  expect(getEventListeners(impatient.signal, 'abort')).toHaveLength(0)
  giveBack()
  ;(await next)()
  expect(turns.isFree).toBe(true)
})
