import { defineConfig } from 'vitest/config'

// The workspace's packages resolve to their TypeScript sources, so tests need no build.
const conditions = ['sluice-source', 'node', 'import', 'module', 'default']

export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default', ['json', { outputFile: '.results/vitest.json' }]],
    unstubGlobals: true,
    restoreMocks: true,
  },
})
