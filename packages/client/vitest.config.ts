import { mergeConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

export default mergeConfig(shared, {
  // The React tests run in a page's environment, which has conditions of its own; behind ours are Vite's.
  resolve: { conditions: ['sluice-source', 'module', 'browser', 'development|production'] },
})
