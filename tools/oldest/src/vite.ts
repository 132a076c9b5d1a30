import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import { getsOldest, home } from './names.ts'

/** Vitest resolves imports with Vite, before Node and its hooks see them. */
export const oldest: Plugin = {
  name: 'sluice-oldest',
  enforce: 'pre',
  resolveId(specifier, importer) {
    if (!getsOldest(specifier, importer)) return undefined
    return this.resolve(specifier, fileURLToPath(home), { skipSelf: true })
  },
}
