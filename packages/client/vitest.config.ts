import type { ViteUserConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

// Not `import`: vitest tells Node too, and what is loaded with `require` (`ws`) would then be its module for `import`.
const conditions = ['sluice-source', 'node']

const config: ViteUserConfig = { ...shared, ssr: { resolve: { conditions, externalConditions: conditions } } }
export default config
