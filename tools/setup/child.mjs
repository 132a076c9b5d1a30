import { spawn, spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { isAbsolute } from 'node:path'
import { createInterface } from 'node:readline'
import { inRoot } from './root.mjs'

/**
 * Runs a program in the foreground, with our own input and output, and gives its exit code. With `isQuiet` it shows
 * errors only; with `onLine` it shows nothing, and each line of its output and errors goes there.
 *
 * A signal must reach the program once. A terminal sends Ctrl-C to the whole process group, and a second SIGINT would
 * look like an impatient user. A signal to this process alone is passed on. A signal to the npm process above ends
 * only the shell in between; we notice that by our new parent.
 */
export function run(command, args, { cwd = inRoot(), env = process.env, isQuiet = false, onLine } = {}) {
  return new Promise((resolve, reject) => {
    const output = onLine === undefined ? 'inherit' : 'pipe'
    const stdio = ['inherit', isQuiet ? 'ignore' : output, output]
    const child = spawn(command, args, { cwd, env, stdio, shell: needsShell(command) })
    if (onLine !== undefined) {
      for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine)
    }
    const onSigint = () => process.stdin.isTTY || child.kill('SIGINT')
    const onSigterm = () => child.kill('SIGTERM')
    const onSighup = () => child.kill('SIGHUP')
    process.on('SIGINT', onSigint).on('SIGTERM', onSigterm).on('SIGHUP', onSighup)
    const parent = process.ppid
    const watch = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(watch)
      child.kill('SIGTERM')
    }, 500)
    const settle = () => {
      clearInterval(watch)
      process.off('SIGINT', onSigint).off('SIGTERM', onSigterm).off('SIGHUP', onSighup)
    }
    child.on('error', (error) => {
      settle()
      reject(error)
    })
    // Not 'exit': there may be lines to come.
    child.on('close', (code, signal) => {
      settle()
      resolve(code ?? 128 + constants.signals[signal])
    })
  })
}

/** The output of a program, trimmed; `undefined` if it is missing, fails or takes longer than 10 s. */
export function answer(command, args, { cwd = inRoot(), env = process.env } = {}) {
  const { status, stdout } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    timeout: 10_000,
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: needsShell(command),
  })
  return status === 0 ? stdout.trim() : undefined
}

/** On Windows npx and pnpm are .cmd files, which only a shell finds and starts. */
function needsShell(command) {
  return process.platform === 'win32' && !isAbsolute(command)
}
