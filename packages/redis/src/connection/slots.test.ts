import { expect, test } from 'vitest'
import { slotOf, tagOnShard, tagsOfShards } from './slots.ts'

test('a tag has the slot that the specification gives it', () => {
  // CRC16("123456789") is 0x31C3, says the specification; `CLUSTER KEYSLOT` says the others.
  expect(['123456789', 'foo', 'é'].map(slotOf)).toEqual([0x31c3, 12_182, 10_180])
})

test('each shard has a different tag, and all slots of a shard have the same one', () => {
  const [one, two, three] = [{ master: 1 }, { master: 2 }, { master: 3 }]
  // As after a resharding: no shard has all its slots in one piece.
  const slots = Array.from({ length: 16_384 }, (_, slot) => [one, two, three][(slot >> 10) % 3]!)
  const tags = tagsOfShards('epoch', slots)
  expect(new Set(tags.map((tag) => slots[slotOf(tag)])).size).toBe(3)
  for (const slot of [0, 1023, 1024, 9_999, 16_383]) {
    expect(tags).toContain(tagOnShard('epoch', slot, slots))
    expect(slots[slotOf(tagOnShard('epoch', slot, slots))]).toBe(slots[slot])
  }
})

test('the first tag is the given one if there is one shard or none', () => {
  const slots = Array.from({ length: 16_384 }, () => ({ master: 1 }))
  expect(tagsOfShards('epoch', slots)).toEqual(['epoch'])
  expect(tagOnShard('epoch', 5, [])).toBe('epoch')
})
