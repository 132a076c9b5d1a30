import { expect, test } from 'vitest'
import { bundle } from '../bundle.ts'

const client = `export { createClient, sse } from '../src/index.ts'`
const size = async (more: string) => (await bundle(`${client}; ${more}`)).gzipped

test('a conversation is at most 4 kB more, and each framework at most 1.5 kB more than that', async () => {
  const alone = await size('')
  const withConversation = await size(`export { conversation } from '../src/index.ts'`)
  console.log(`a conversation: ${withConversation - alone} B more, minified and gzipped`)
  expect(withConversation - alone).toBeLessThanOrEqual(4_000)
  for (const framework of ['react', 'vue', 'svelte']) {
    const name = framework === 'svelte' ? 'conversationStore' : 'useConversation'
    const bytes = await size(
      `export { conversation } from '../src/index.ts'; export { ${name} } from '../src/${framework}/index.ts'`,
    )
    console.log(`for ${framework}: ${bytes - withConversation} B more`)
    expect(bytes - withConversation).toBeLessThanOrEqual(1_500)
  }
})

test('a page without a conversation does not pay for it', async () => {
  const { files } = await bundle(client)
  expect(files.filter((file) => file.includes('/conversation/'))).toEqual([])
})
