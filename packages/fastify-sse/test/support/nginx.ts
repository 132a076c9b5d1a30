import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'

/** An nginx in front of `upstream`, with its defaults: it buffers what it is not told to pass on. Gives its URL. */
export async function nginxBefore(t: Test, upstream: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-nginx-'))
  const port = await freePort()
  const config = join(folder, 'nginx.conf')
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  await writeFile(
    config,
    `daemon off; pid ${folder}/pid; error_log stderr notice;
     events {}
     http {
       access_log off; ${temp.join(' ')}
       server { listen 127.0.0.1:${port}; location / { proxy_pass ${upstream}; } }
     }`,
  )
  const nginx = spawn(nginxPath(), ['-c', config, '-p', folder], { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(nginx, 'exit')
  t.teardown(async () => {
    nginx.kill()
    await exited
    await rm(folder, { recursive: true })
  })
  for await (const line of createInterface(nginx.stderr)) if (/start worker process \d/.test(line)) break
  nginx.stderr.resume()
  return `http://127.0.0.1:${port}`
}

function nginxPath(): string {
  const places = [
    process.env.NGINX_PATH,
    '/usr/sbin/nginx',
    '/usr/local/bin/nginx',
    '/opt/homebrew/bin/nginx',
  ]
  const found = places.find((place) => place !== undefined && isThere(place))
  if (found !== undefined) return found
  throw new Error(
    'nginx is needed for this test: install it (apt-get install nginx-light), or set NGINX_PATH.',
  )
}

function isThere(place: string): boolean {
  try {
    accessSync(place)
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
