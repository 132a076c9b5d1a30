import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Wanted } from '../command-line.ts'

const SCRIPT = fileURLToPath(new URL('../../../../packages/markdown/test/bench/run.ts', import.meta.url))

/**
 * Reports the cost of a growing Markdown text in Chromium, beside the other renderers. The package brings the benchmark, because
 * it measures the package's inside; `--scenario` names some of its documents, `--out` a file for the figures.
 */
export function markdownReport({ scenarios = [], only, rounds, out }: Wanted): Promise<string> {
  const args = [
    '--conditions=sluice-source',
    SCRIPT,
    ...scenarios,
    ...flag('out', out),
    ...flag('only', only?.join()),
    ...flag('rounds', rounds),
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(text.trimEnd())
      else reject(new Error(`The benchmark of @sluice/markdown ended with ${code}.`))
    })
  })
}

function flag(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [`--${name}`, `${value}`]
}
