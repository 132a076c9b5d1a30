import { spawnSync } from 'node:child_process'

/** Runs a program and gives what it wrote to its standard output; its failure, with all that it wrote, is an error. */
export function command(program: string, args: readonly string[], cwd: string): string {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 300_000,
  })
  if (status === 0) return stdout
  throw new Error(`${program} ${args.join(' ')} failed: ${error?.message ?? status}\n${stdout}${stderr}`)
}
