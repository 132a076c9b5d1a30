import { defineConfig } from 'vitest/config'
import { oldest } from './tools/oldest/src/vite.ts'

// The workspace's packages resolve to their TypeScript sources, so tests need no build. Not `import`: vitest tells
// Node too, and what is loaded with `require` (`ws`) would then be its module for `import`.
const conditions = ['sluice-source', 'node']

export default defineConfig({
  plugins: process.env.SLUICE_PEERS === 'oldest' ? [oldest] : [],
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default', ['json', { outputFile: '.results/vitest.json' }]],
    // A limit against hanging, not a measure of speed: a busy machine takes ten times as long as an idle one.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    unstubGlobals: true,
    restoreMocks: true,
  },
})
