import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findProgram, type Program } from './find.ts'
import { freePort } from './port.ts'

const NGINX: Program = {
  title: 'nginx',
  variable: 'NGINX_PATH',
  names: ['nginx'],
  // `sbin` is on the path of few.
  places: ['/usr/sbin/nginx', '/usr/local/bin/nginx', '/opt/homebrew/bin/nginx'],
  install: 'Debian: sudo apt-get install nginx-light; macOS: brew install nginx',
}

/** An nginx of one's own. */
export interface Nginx {
  readonly url: string
  stop(): Promise<void>
}

/**
 * Starts one on a free port. Resolves when it takes connections.
 * @param configFor - makes its configuration, without `daemon` and `error_log`, of a folder for what it writes, and
 * the port that it shall take
 * @throws {Error} that says what to install, if there is none, or why nginx refuses the configuration.
 */
export async function startNginx(configFor: (folder: string, port: number) => string): Promise<Nginx> {
  const path = findProgram(NGINX)
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'sluice-nginx-'))
  const config = join(folder, 'nginx.conf')
  await writeFile(config, configFor(folder, port))
  const args = ['-c', config, '-p', folder, '-g', 'daemon off; error_log stderr notice;']
  const nginx = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(nginx, 'exit')
  const stop = async () => {
    nginx.kill()
    await exited
    await rm(folder, { recursive: true })
  }
  let said = ''
  for await (const line of createInterface(nginx.stderr)) {
    said += `${line}\n`
    if (/start worker process \d/.test(line)) break
  }
  if (nginx.stderr.readableEnded) {
    await stop()
    throw new Error(`nginx did not start:\n${said}`)
  }
  // Nobody reads its output from here on, and it must not fill the pipe.
  nginx.stderr.resume()
  return { url: `http://127.0.0.1:${port}`, stop }
}
