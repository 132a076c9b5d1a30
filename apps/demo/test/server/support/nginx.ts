import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

const PLACES = [process.env.NGINX_PATH, '/usr/sbin/nginx', '/usr/local/bin/nginx', '/opt/homebrew/bin/nginx']

/**
 * An nginx until the test has finished.
 * @param configFor Makes its configuration of a folder for what it writes, and the port that it shall take.
 * @returns its URL.
 */
export async function nginxWith(configFor: (folder: string, port: number) => string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-demo-nginx-'))
  const port = await freePort()
  const config = join(folder, 'nginx.conf')
  await writeFile(config, configFor(folder, port))
  const args = ['-c', config, '-p', folder, '-g', 'daemon off; error_log stderr notice;']
  const nginx = spawn(nginxPath(), args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(nginx, 'exit')
  onTestFinished(async () => {
    nginx.kill()
    await exited
    await rm(folder, { recursive: true })
  })
  let output = ''
  for await (const line of createInterface(nginx.stderr)) {
    output += `${line}\n`
    if (/start worker process \d/.test(line)) {
      nginx.stderr.resume()
      return `http://127.0.0.1:${port}`
    }
  }
  throw new Error(`nginx did not start:\n${output}`)
}

function nginxPath(): string {
  const found = PLACES.find((place) => place !== undefined && existsSync(place))
  if (found !== undefined) return found
  throw new Error(
    'nginx is needed for this test: install it (apt-get install nginx-light), or set NGINX_PATH.',
  )
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
