import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** Builds the page as `npm run build` does: the tests are about what a visitor gets. */
export async function setup(): Promise<void> {
  const configFile = fileURLToPath(new URL('../../vite.config.ts', import.meta.url))
  // Vitest has its own mode and environment, and would hand them on: React would be the one for development.
  const { NODE_ENV } = process.env
  process.env.NODE_ENV = 'production'
  await build({ configFile, mode: 'production', logLevel: 'warn' })
  process.env.NODE_ENV = NODE_ENV
}
