import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { StartError } from '../../src/server/start-error.ts'

/** A Redis of one's own. */
export interface OwnRedis {
  readonly url: string
  stop(): Promise<void>
}

/** Starts one on a free port; nothing of it is kept on disk. @throws {StartError} that says what to install. */
export async function startRedis(): Promise<OwnRedis> {
  const path = findRedis()
  const port = await freePort()
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const child = spawn(path, args, { stdio: 'ignore', detached: true })
  await untilItListens(port, child)
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

function findRedis(): string {
  const { REDIS_SERVER_PATH, PATH = '' } = process.env
  if (REDIS_SERVER_PATH) return REDIS_SERVER_PATH
  const places = PATH.split(delimiter).flatMap((folder) =>
    ['redis-server', 'valkey-server'].map((name) => join(folder, name)),
  )
  const found = places.find(isProgram)
  if (found !== undefined) return found
  throw new StartError(
    'This needs Redis 7 or Valkey, and found none. Install it (Debian: sudo apt-get install redis-server; macOS: ' +
      'brew install redis), name it in REDIS_SERVER_PATH, or set REDIS_URL to one that runs.',
  )
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A port says that it is bound by taking a connection, and in no other way. */
async function untilItListens(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const socket = connect(port, '127.0.0.1')
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isUp) return
    await pause(20)
  }
  throw new StartError(`redis-server ended with exit code ${child.exitCode} right away.`)
}
