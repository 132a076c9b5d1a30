import { defineConfig, mergeConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

export default mergeConfig(
  shared,
  // Servers and clusters are started before tests, beside all that other packages start.
  defineConfig({ test: { hookTimeout: 30_000 } }),
)
