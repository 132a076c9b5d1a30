import { expect, test } from 'vitest'
import { bundle } from '../bundle.ts'

test('resumingFetch is at most 5 kB, minified and gzipped, and has nothing of the session', async () => {
  const { gzipped, files } = await bundle(`export { resumingFetch } from '../src/fetch/index.ts'`)
  console.log(`resumingFetch: ${gzipped} B, minified and gzipped`)
  expect(gzipped).toBeLessThanOrEqual(5_000)
  expect(files.filter((file) => /session\.ts|session-state|transcript|sse\/sse\.ts/.test(file))).toEqual([])
})
