import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command } from './command.ts'
import type { Tarball } from './tarball.ts'
import { manifestIn, modulesOf, root } from './workspace.ts'

const here = join(root, 'tools/checks')
// The other packages in a project that uses all of ours, in the versions that the workspace is tested with. No provider's
// client is among them: a source needs its provider's types only.
const companions = [
  '@types/node',
  '@types/react',
  'fastify',
  'react',
  'react-dom',
  'typescript',
  'vue',
  'zod',
]

const tsconfig = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    // Our declarations are what is being checked here.
    skipLibCheck: false,
    types: ['node'],
    noEmit: true,
    allowImportingTsExtensions: true,
  },
  include: ['*.ts'],
}

/** An empty project elsewhere on the disk, with the packed packages installed by npm as anyone would. */
export function installUserProject(tarballs: readonly Tarball[], folder: string): void {
  mkdirSync(folder)
  const ours = tarballs.map(({ project, file }) => [project.manifest.name, `file:${file}`])
  const others = companions.map((name) => [name, manifestIn(join(here, 'node_modules', name)).version])
  const dependencies = Object.fromEntries([...ours, ...others])
  const manifest = { name: 'user', private: true, type: 'module', dependencies }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig, null, 2))
  cpSync(join(here, 'src/user'), folder, { recursive: true })
  command('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder)
}

/** Loads every entry point of the packages, in both ways that Node has. */
export function loadEntryPoints(tarballs: readonly Tarball[], folder: string): void {
  const specifiers = tarballs.flatMap(({ project: { manifest } }) =>
    modulesOf(manifest).map((entry) => manifest.name + entry.slice(1)),
  )
  const modules = JSON.stringify(specifiers)
  const importing = `for (const name of ${modules}) await import(name)`
  const requiring = `for (const name of ${modules}) require(name)`
  command(process.execPath, ['--input-type=module', '--eval', importing], folder)
  command(process.execPath, ['--input-type=commonjs', '--eval', requiring], folder)
}

export function typeCheckUser(folder: string): void {
  command(process.execPath, [join(folder, 'node_modules/typescript/bin/tsc'), '-p', folder], folder)
}

export function runUser(file: string, folder: string): void {
  command(process.execPath, [file], folder)
}
