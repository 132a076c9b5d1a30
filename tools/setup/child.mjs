import { spawn, spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { isAbsolute } from 'node:path'
import { inRoot } from './root.mjs'

/**
 * Runs a program in the foreground, with our own input and output, and gives its exit code. A quiet one only has
 * its errors shown.
 *
 * Signals reach it once: a terminal sends Ctrl-C to the whole process group, so passing that on as well would
 * look like a second, impatient one. Whoever signals this process alone has it passed on. And whoever signals the
 * npm above us ends only the shell between us; that we are then somebody else's child is how we know.
 */
export function run(command, args, { cwd = inRoot(), env = process.env, isQuiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = ['inherit', isQuiet ? 'ignore' : 'inherit', 'inherit']
    const child = spawn(command, args, { cwd, env, stdio, shell: needsShell(command) })
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
    child.on('exit', (code, signal) => {
      settle()
      resolve(code ?? 128 + constants.signals[signal])
    })
  })
}

/** What a program prints, trimmed, or `undefined` when it is missing, fails or takes longer than 10 s. */
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
