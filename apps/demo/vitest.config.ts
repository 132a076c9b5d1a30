import { defineConfig, mergeConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      globalSetup: ['test/support/build-page.ts'],
      // Each file has a browser of its own, and measures how things go one after the other.
      fileParallelism: false,
    },
  }),
)
