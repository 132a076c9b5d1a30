/** The seed of this run: `SLUICE_TEST_SEED`, to repeat one, or a new one. Print it. */
export function testSeed(): number {
  const { SLUICE_TEST_SEED } = process.env
  return SLUICE_TEST_SEED === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(SLUICE_TEST_SEED)
}
