/** The seed of this run: `SLUICE_TEST_SEED`, to repeat one, or a new one. Print it. */
export function testSeed(): number {
  const { SLUICE_TEST_SEED } = process.env
  return SLUICE_TEST_SEED === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(SLUICE_TEST_SEED)
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). Stands alone: pages get its source too. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
