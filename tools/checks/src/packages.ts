// Packs what is published, and checks the tarballs: first each by itself, then all of them in a user's project.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkTypesOf, lintTarball, pack } from './tarball.ts'
import { installUserProject, loadEntryPoints, runUser, typeCheckUser } from './user-project.ts'
import { projects } from './workspace.ts'

const failures: string[] = []

async function check(what: string, run: () => void | Promise<void>): Promise<void> {
  try {
    await run()
    console.log(`ok      ${what}`)
  } catch (error) {
    failures.push(what)
    console.log(`failed  ${what}\n${error instanceof Error ? error.message : error}\n`)
  }
}

const temporary = mkdtempSync(join(tmpdir(), 'sluice-packages-'))
try {
  const published = projects().filter(({ manifest }) => manifest.private !== true)
  const tarballs = published.map((project) => pack(project, temporary))
  for (const tarball of tarballs) {
    const { name } = tarball.project.manifest
    await check(`${name}: what package.json promises is in the tarball`, () => lintTarball(tarball))
    await check(`${name}: every entry point has its types`, () => checkTypesOf(tarball))
  }

  const user = join(temporary, 'user')
  console.log('Installing the tarballs into an empty project …')
  await check('they install with npm', () => installUserProject(tarballs, user))
  await check('every entry point loads, by import and by require', () => loadEntryPoints(tarballs, user))
  await check('a user’s TypeScript compiles against them', () =>
    typeCheckUser(tarballs, user, 'typescript', 'tsconfig.json'),
  )
  await check('so it does for a bundler', () =>
    typeCheckUser(tarballs, user, 'typescript', 'tsconfig.bundler.json'),
  )
  await check('so it does with TypeScript 5, for a bundler and without esModuleInterop', () =>
    typeCheckUser(tarballs, user, 'typescript-5', 'tsconfig.no-interop.json'),
  )
  await check('a server and a client work, imported', () => runUser('app.ts', user))
  await check('a server and a client work, required', () => runUser('app.cjs', user))
} finally {
  rmSync(temporary, { recursive: true })
}
if (failures.length > 0) process.exitCode = 1
