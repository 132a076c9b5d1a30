import { cpSync, existsSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from './child.mjs'
import { SetupError, say } from './say.mjs'

/**
 * tap compiles its list of plugins into its own package, and comes compiled with one that our .taprc files leave
 * out: its TypeScript plugin, which costs seconds per file and cannot work with TypeScript 7. So tap is built once
 * after an installation; a `tap run` would notice too, but start the first tests with the plugin all the same.
 */
export async function prepareTap(folder, env = process.env) {
  if (!existsSync(join(folder, '.taprc'))) return
  const built = builtTap(folder)
  if (!readFileSync(join(built, 'dist/esm/index.js'), 'utf8').includes('@tapjs/typescript')) return

  say('Building tap without its TypeScript plugin (once after an installation, a few seconds) …')
  ownCopy(built)
  const code = await run(join(folder, 'node_modules', '.bin', 'tap'), ['build'], { cwd: folder, env })
  if (code !== 0) throw new SetupError(`tap could not be built (exit code ${code}); see above for why.`)
}

/** tap's own dependencies lie beside it in pnpm's layout. */
function builtTap(folder) {
  const tap = realpathSync(join(folder, 'node_modules', 'tap'))
  return join(dirname(tap), '@tapjs', 'test', 'test-built')
}

/** The files are hard links into pnpm's store, and the build writes into them in place: into every project's tap. */
function ownCopy(folder) {
  const copy = `${folder}.copy`
  cpSync(folder, copy, { recursive: true })
  rmSync(folder, { recursive: true })
  renameSync(copy, folder)
}
