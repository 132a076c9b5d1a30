// For the test scripts of packages that use tap, which may be run right after a plain `pnpm install`.
import { prepareTap } from './tap.mjs'

await prepareTap(process.cwd())
