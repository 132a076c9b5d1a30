import { Buffer } from 'node:buffer'

const SLOTS = 16_384
const POLYNOMIAL = 0x1021

/** The slot that a hash tag lies in: CRC-16/XMODEM, as the Redis Cluster specification has it. */
export function slotOf(tag: string): number {
  let crc = 0
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1
  }
  return (crc & 0xffff) % SLOTS
}

/** A hash slot, as the client of a Cluster describes it. */
export interface Slot {
  /** The primary that has it: one and the same for all slots of a shard. */
  readonly master: unknown
}

/** A tag that begins so, on the shard that has the slot; the same one for all slots of that shard. */
export function tagOnShard(prefix: string, slot: number, slots: readonly (Slot | undefined)[]): string {
  const shard = slots[slot]?.master
  // Of a slot that nobody has nothing can be asked either.
  if (shard === undefined) return prefix
  for (let index = 0; ; index++) {
    const tag = index === 0 ? prefix : `${prefix}${index}`
    if (slots[slotOf(tag)]?.master === shard) return tag
  }
}

/** One such tag for each shard. */
export function tagsOfShards(prefix: string, slots: readonly (Slot | undefined)[]): readonly string[] {
  const shards = new Map(slots.map((slot, index) => [slot?.master, index]))
  shards.delete(undefined)
  return [...shards.values()].map((slot) => tagOnShard(prefix, slot, slots))
}
