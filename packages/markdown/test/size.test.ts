import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

/** Bytes of what a page loads at once of this code, minified and gzipped. */
async function sizeOf(code: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: {
      contents: code,
      resolveDir: fileURLToPath(new URL('../src', import.meta.url)),
      sourcefile: 'page.ts',
    },
    bundle: true,
    minify: true,
    splitting: true,
    write: false,
    outdir: 'out',
    format: 'esm',
    target: 'es2022',
    external: ['react', 'react-dom'],
  })
  const page = outputFiles.find(({ path }) => path.endsWith('stdin.js'))!
  return gzipSync(page.contents, { level: 9 }).length
}

test('a view is at most 20 kB, without highlighting', async () => {
  expect(await sizeOf(`export { createMarkdownView, followEnd } from './index.ts'`)).toBeLessThanOrEqual(
    20_000,
  )
})

test('React adds at most 1.5 kB', async () => {
  const view = await sizeOf(`export { createMarkdownView } from './index.ts'`)
  const component = await sizeOf(`export { StreamingMarkdown } from './react/index.ts'`)
  expect(component - view).toBeLessThanOrEqual(1_500)
})
