import { fileURLToPath } from 'node:url'
import { defaultClientConditions, defineConfig } from 'vite'

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: folder('src/web'),
  // The packages' sources: the page is the same whether or not they have been built.
  resolve: { conditions: ['sluice-source', ...defaultClientConditions] },
  build: {
    outDir: folder('dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    // The page's Content-Security-Policy allows neither `data:` URLs nor scripts in the HTML.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
