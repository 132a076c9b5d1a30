import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, unknown>>
  readonly peerDependenciesMeta?: Readonly<Record<string, unknown>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export interface Project {
  /** From the workspace's root, `packages/core`. */
  readonly path: string
  readonly folder: string
  readonly manifest: Manifest
}

export const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The entry points that are modules: a stylesheet is one for bundlers only. */
export function modulesOf({ exports = {} }: Manifest): string[] {
  return Object.keys(exports).filter((entry) => !/\.(css|json)$/.test(entry))
}

/** All projects of the workspace, as pnpm-workspace.yaml lists them. */
export function projects(): Project[] {
  return ['packages', 'apps', 'tools']
    .filter((shelf) => existsSync(join(root, shelf)))
    .flatMap((shelf) => readdirSync(join(root, shelf)).map((name) => `${shelf}/${name}`))
    .filter((path) => existsSync(join(root, path, 'package.json')))
    .map((path) => ({ path, folder: join(root, path), manifest: manifestIn(join(root, path)) }))
}

export function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}
