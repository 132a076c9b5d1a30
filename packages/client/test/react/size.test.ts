import { expect, test } from 'vitest'
import { bundle } from '../bundle.ts'

const client = `export { createClient, sse } from '../src/index.ts'`

test('the hook is at most 2 kB more, minified and gzipped, and comes without the component', async () => {
  const alone = await bundle(client)
  const withHook = await bundle(`${client}; export { useStream } from '../src/react/index.ts'`)
  expect(withHook.gzipped - alone.gzipped).toBeLessThanOrEqual(2_000)
  expect(withHook.files.filter((file) => /\/react\/|animation/.test(file)).toSorted()).toEqual([
    'src/animation-frame.ts',
    'src/react/stream-follower.ts',
    'src/react/use-stream.ts',
  ])
})

test('what is not used is not in it', async () => {
  expect((await bundle(`import '../src/react/index.ts'`)).code).toBe('')
})
