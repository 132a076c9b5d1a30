import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../..', import.meta.url))

/** A file's text, by its path from the workspace's root. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The texts of a package's source files, without tests. */
export function sourcesOf(packageName: string): string[] {
  const folder = `packages/${packageName.replace('@sluice/', '')}/src`
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !/\.test(-d)?\.tsx?$/.test(path))
    .map((path) => read(`${folder}/${path}`))
}

/** The documents that speak of the code, by their paths from the workspace's root. */
export const documents: readonly string[] = [
  'README.md',
  'PROTOCOL.md',
  'ARCHITECTURE.md',
  ...readdirSync(join(root, 'packages'))
    .map((name) => `packages/${name}/README.md`)
    .filter((path) => existsSync(join(root, path))),
]
