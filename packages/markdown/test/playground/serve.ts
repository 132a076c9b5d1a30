// Serves the playground: `pnpm playground`. With a folder as its argument, it writes the page there instead.
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, context } from 'esbuild'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const [folder] = process.argv.slice(2)
const outdir = folder ?? here('../../.results/playground')
const options: BuildOptions = {
  entryPoints: [here('./page.ts')],
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  outdir,
}

mkdirSync(outdir, { recursive: true })
copyFileSync(here('./index.html'), join(outdir, 'index.html'))
copyFileSync(here('../../style.css'), join(outdir, 'style.css'))
if (folder !== undefined) await build(options)
else {
  const server = await (await context(options)).serve({ servedir: outdir, host: '127.0.0.1' })
  console.log(`http://127.0.0.1:${server.port}/`)
}
