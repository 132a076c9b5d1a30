import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

/** Bytes of what a page loads at once of this code, minified and gzipped: the entry, and what it imports statically. */
async function sizeOf(code: string): Promise<number> {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: code,
      resolveDir: fileURLToPath(new URL('../src', import.meta.url)),
      sourcefile: 'page.ts',
    },
    bundle: true,
    minify: true,
    splitting: true,
    metafile: true,
    absWorkingDir: '/',
    write: false,
    outdir: 'out',
    format: 'esm',
    target: 'es2022',
    external: ['react', 'react-dom', 'vue', 'katex', 'mermaid'],
  })
  const loaded = new Set<string>()
  const load = (path: string): void => {
    if (loaded.has(path)) return
    loaded.add(path)
    for (const { kind, path: next, external } of metafile.outputs[path]!.imports)
      if (kind === 'import-statement' && external !== true) load(next)
  }
  load(Object.keys(metafile.outputs).find((path) => path.endsWith('stdin.js'))!)
  const contents = outputFiles.filter(({ path }) => loaded.has(path.slice(1)))
  return contents.reduce((sum, file) => sum + gzipSync(file.contents, { level: 9 }).length, 0)
}

// The goal is 20 kB; what stands here is what it is, so that it does not grow unseen.
const MOST_BYTES = 23_400

test('a view stays within its size, without highlighting, math and rare entities', async () => {
  expect(await sizeOf(`export { createMarkdownView, followEnd } from './index.ts'`)).toBeLessThanOrEqual(
    MOST_BYTES,
  )
})

test('React adds at most 1.6 kB', async () => {
  const view = await sizeOf(`export { createMarkdownView } from './index.ts'`)
  const component = await sizeOf(`export { StreamingMarkdown } from './react/index.ts'`)
  expect(component - view).toBeLessThanOrEqual(1_600)
})
