import { expect, test } from 'vitest'
import { bundle } from './bundle.ts'

const from = (names: string, module = '../src/index.ts') => bundle(`export { ${names} } from '${module}'`)

test('what a page pays: 8.9 kB with SSE, 11.6 kB with both transports, minified and gzipped', async () => {
  const withSse = await from('createClient, sse')
  const withBoth = await from('createClient, sse, ws')
  console.log(`minified and gzipped: ${withSse.gzipped} B with SSE, ${withBoth.gzipped} B with both`)
  expect(withSse.gzipped).toBeLessThanOrEqual(8_900)
  expect(withBoth.gzipped).toBeLessThanOrEqual(11_650)
})

test('nothing is in it but the client and what it shares with the server', async () => {
  const { files } = await from('createClient, sse, ws')
  const foreign = files.filter((file) => !/^(src|\.\.\/core\/src)\/([\w-]+\/)?[\w.-]+$/.test(file))
  expect(foreign).toEqual([])
})

test('what is not used is not in it', async () => {
  const nothing = await bundle(`import '../src/index.ts'`)
  expect(nothing.code).toBe('')
  const withSse = await from('createClient, sse')
  expect(withSse.files.filter((file) => file.includes('/ws'))).toEqual([])
  const withWs = await from('createClient, ws')
  expect(withWs.files.filter((file) => /\/(sse|event-stream)/.test(file))).toEqual([])
  const errorAlone = await from('StreamingError')
  expect(errorAlone.files).toEqual(['../core/src/meanings.browser.ts', '../core/src/errors.ts'])
})
