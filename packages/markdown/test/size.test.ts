import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

test('what a page loads is at most 20 kB, minified and gzipped', async () => {
  const { outputFiles } = await build({
    entryPoints: [new URL('../src/index.ts', import.meta.url).pathname],
    bundle: true,
    minify: true,
    splitting: true,
    write: false,
    outdir: 'out',
    format: 'esm',
    target: 'es2022',
  })
  const entry = outputFiles.find(({ path }) => path.endsWith('index.js'))!
  expect(gzipSync(entry.contents, { level: 9 }).length).toBeLessThanOrEqual(20_000)
})
