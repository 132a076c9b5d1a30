import { build } from 'esbuild'

/** The package as one script that defines `sluice`. */
export async function bundle(): Promise<string> {
  const entry = new URL('../../src/index.ts', import.meta.url).pathname
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'sluice',
    target: 'es2022',
  })
  return outputFiles[0]!.text
}
