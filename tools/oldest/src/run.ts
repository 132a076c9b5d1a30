import { spawn } from 'node:child_process'

/** Runs a test runner, and every process that its tests start, on the oldest versions: `run.ts vitest run src`. */
const [command, ...args] = process.argv.slice(2)
const hook = new URL('hook.ts', import.meta.url)
const env = {
  ...process.env,
  SLUICE_PEERS: 'oldest',
  NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${hook}`,
}
const runner = spawn(command!, args, { env, stdio: 'inherit' })
process.on('SIGINT', () => runner.kill('SIGINT')).on('SIGTERM', () => runner.kill('SIGTERM'))
runner.on('exit', (code) => {
  process.exitCode = code ?? 1
})
