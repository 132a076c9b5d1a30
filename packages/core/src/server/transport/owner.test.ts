import { once } from 'node:events'
import { expect, test } from 'vitest'
import { checkedOwner, warnOfMissingOwner } from './owner.ts'

test('a name is text that is not empty; anything else is nobody', () => {
  expect(checkedOwner('ann')).toBe('ann')
  for (const name of [undefined, null, '', 5, {}, ['ann']]) {
    expect(() => checkedOwner(name)).toThrow(expect.objectContaining({ type: 'authentication' }))
  }
})

test('streams without owners are warned of once, with the way to silence it', async () => {
  const warned = once(process, 'warning')
  warnOfMissingOwner()
  const [warning] = await warned
  expect(warning).toMatchObject({ name: 'SluiceWarning', code: 'SLUICE_NO_OWNER' })
  expect(warning.message).toMatch(/owner: false/)
  let again = 0
  process.on('warning', () => {
    again += 1
  })
  warnOfMissingOwner()
  await new Promise(setImmediate)
  expect(again).toBe(0)
})
