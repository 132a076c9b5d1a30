import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }

const workspace = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

interface Manifest {
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const manifestIn = (folder: string) =>
  JSON.parse(readFileSync(workspace(`${folder}/package.json`), 'utf8')) as Manifest

/** `^5.0.0 || ^6.0.0` admits 5.0.0 and newer, `>=6` admits 6.0.0. */
function oldestOf(range: string | undefined): string {
  const [, version] = /^(?:\^|>=)(\d+(?:\.\d+)*)/.exec(range ?? '') ?? []
  return `${version}.0.0`.split('.').slice(0, 3).join('.')
}

test.each([
  ['packages/core', 'openai'],
  ['packages/fastify-sse', 'fastify'],
  ['packages/fastify-ws', 'fastify'],
  ['packages/fastify-ws', '@fastify/websocket'],
  ['packages/fastify-ws/node_modules/@fastify/websocket', 'ws'],
  ['packages/redis', 'redis'],
] as const)('the version here is the oldest that %s admits of %s', (folder, name) => {
  const { dependencies, peerDependencies } = manifestIn(folder)
  expect(manifest.dependencies[name]).toBe(oldestOf(peerDependencies?.[name] ?? dependencies?.[name]))
})

test.each([
  ['packages/core', 'openai'],
  ['packages/fastify-sse', 'fastify'],
  ['packages/fastify-ws', 'ws'],
  ['packages/redis', 'redis'],
] as const)('a process of %s that run.ts starts gets the oldest %s', (folder, name) => {
  const code = `console.log(import.meta.resolve('${name}'))`
  const args = [workspace('tools/oldest/src/run.ts'), process.execPath, '--input-type=module', '--eval', code]
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: workspace(folder), encoding: 'utf8' })
  expect(stdout, stderr).toContain(`/${name}@${manifest.dependencies[name]}`)
})
