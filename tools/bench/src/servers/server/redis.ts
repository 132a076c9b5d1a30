import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from 'redis'

const PLACES = [process.env.REDIS_SERVER_PATH, '/usr/bin/redis-server', '/usr/local/bin/redis-server']

/** A Redis of this process's own, that keeps nothing on disk and ends with it. Gives its URL. */
export async function startRedis(): Promise<string> {
  const path = PLACES.find((place) => place !== undefined && existsSync(place))
  if (path === undefined)
    throw new Error('redis-server is needed: install it, or name it in REDIS_SERVER_PATH.')
  const port = await freePort()
  const redis = spawn(
    path,
    ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    {
      stdio: 'ignore',
    },
  )
  process.once('exit', () => redis.kill('SIGKILL'))
  const url = `redis://127.0.0.1:${port}`
  const client = createClient({ url, socket: { reconnectStrategy: 20 } })
  client.on('error', () => {})
  await Promise.race([
    client.connect(),
    delay(10_000, undefined, { ref: false }).then(() => {
      throw new Error('redis-server does not answer')
    }),
  ])
  client.destroy()
  return url
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
