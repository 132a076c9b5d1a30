import { spawnSync } from 'node:child_process'
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
  'typescript-5',
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

/** Other ways to compile the same program. TypeScript 7 has no way without `esModuleInterop` any more. */
const ways = {
  'tsconfig.bundler.json': { module: 'esnext', moduleResolution: 'bundler', verbatimModuleSyntax: true },
  'tsconfig.no-interop.json': { module: 'esnext', moduleResolution: 'bundler', esModuleInterop: false },
}

/** An empty project elsewhere on the disk, with the packed packages installed by npm as anyone would. */
export function installUserProject(tarballs: readonly Tarball[], folder: string): void {
  mkdirSync(folder)
  const ours = tarballs.map(({ project, file }) => [project.manifest.name, `file:${file}`])
  const others = companions.map((alias) => {
    const { name, version } = manifestIn(join(here, 'node_modules', alias))
    return [alias, `npm:${name}@${version}`]
  })
  const dependencies = Object.fromEntries([...ours, ...others])
  const manifest = { name: 'user', private: true, type: 'module', dependencies }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig, null, 2))
  for (const [file, compilerOptions] of Object.entries(ways)) {
    writeFileSync(
      join(folder, file),
      JSON.stringify({ extends: './tsconfig.json', compilerOptions }, null, 2),
    )
  }
  const imports = specifiersOf(tarballs).map((name, index) => `export * as entry${index} from '${name}'\n`)
  writeFileSync(join(folder, 'entry-points.ts'), imports.join(''))
  cpSync(join(here, 'src/user'), folder, { recursive: true })
  command('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder)
}

/** Loads every entry point of the packages, in both ways that Node has. */
export function loadEntryPoints(tarballs: readonly Tarball[], folder: string): void {
  const modules = JSON.stringify(specifiersOf(tarballs))
  const importing = `for (const name of ${modules}) await import(name)`
  const requiring = `for (const name of ${modules}) require(name)`
  command(process.execPath, ['--input-type=module', '--eval', importing], folder)
  command(process.execPath, ['--input-type=commonjs', '--eval', requiring], folder)
}

/**
 * The program, and every entry point, with a compiler and a configuration of the user's. Mistakes in other packages do not
 * count, nor that a provider's client is missing, which is an optional peer.
 * @throws Error with the mistakes in the program and in our declarations
 */
export function typeCheckUser(
  tarballs: readonly Tarball[],
  folder: string,
  compiler: 'typescript' | 'typescript-5',
  config: 'tsconfig.json' | keyof typeof ways,
): void {
  const peers = new Set(
    tarballs.flatMap(({ project }) => Object.keys(project.manifest.peerDependenciesMeta ?? {})),
  )
  const tsc = join(folder, `node_modules/${compiler}/bin/tsc`)
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', config], {
    cwd: folder,
    encoding: 'utf8',
  })
  const errors = stdout.split('\n').filter((line) => /^\S.*: error /.test(line))
  if (status !== 0 && errors.length === 0) throw new Error(`${compiler} failed: ${stdout}`)
  const ours = errors.filter((line) => {
    const [, missing] = /error TS2307: Cannot find module '([^']+)'/.exec(line) ?? []
    const isOurs = !line.startsWith('node_modules/') || line.startsWith('node_modules/@sluice/')
    return isOurs && (missing === undefined || !peers.has(missing))
  })
  if (ours.length > 0) throw new Error(ours.join('\n'))
}

function specifiersOf(tarballs: readonly Tarball[]): string[] {
  return tarballs.flatMap(({ project: { manifest } }) =>
    modulesOf(manifest).map((entry) => manifest.name + entry.slice(1)),
  )
}

export function runUser(file: string, folder: string): void {
  command(process.execPath, [file], folder)
}
