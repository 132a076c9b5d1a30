import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** The bundle that a page's bundler makes of a module. */
export interface Bundle {
  readonly code: string
  /** Minified and gzipped, in bytes. */
  readonly gzipped: number
  /** The files that are in it. */
  readonly files: readonly string[]
}

/** Bundles the source of a module that stands in `test`, as a page's bundler does. */
export async function bundle(contents: string, format: 'esm' | 'iife' = 'esm'): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, loader: 'ts', resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format,
    target: 'es2022',
    platform: 'browser',
    conditions: ['sluice-source'],
    external: ['react', 'vue'],
    logLevel: 'error',
  })
  const { text, contents: bytes } = outputFiles[0]!
  const inputs = Object.values(metafile.outputs)[0]!.inputs
  const files = Object.keys(inputs).filter((file) => inputs[file]!.bytesInOutput > 0)
  return { code: text, gzipped: gzipSync(bytes, { level: 9 }).length, files }
}
