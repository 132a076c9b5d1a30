// Bundles the client for pages without a bundler: an import map or a CDN loads it, and resolves neither the imports
// between packages nor conditions. One file, with what it needs of core.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

await build({
  entryPoints: [here('../src/index.ts')],
  outfile: process.argv[2] ?? here('../dist/browser.js'),
  bundle: true,
  minify: true,
  sourcemap: true,
  format: 'esm',
  target: 'es2022',
  platform: 'browser',
  conditions: ['sluice-source'],
})
