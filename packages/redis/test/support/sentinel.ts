import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@sluice/programs/port'
import { RedisServer } from '@sluice/programs/redis'

/** A Sentinel that watches one primary, and promotes its replica when that is gone. */
export class Sentinel {
  static readonly primaryName = 'log'
  readonly server: RedisServer
  readonly #folder: string

  private constructor(server: RedisServer, folder: string) {
    this.server = server
    this.#folder = folder
  }

  static async start(primary: RedisServer): Promise<Sentinel> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-sentinel-'))
    const path = join(folder, 'sentinel.conf')
    const port = await freePort()
    const name = Sentinel.primaryName
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel monitor ${name} 127.0.0.1 ${primary.port} 1`,
      `sentinel down-after-milliseconds ${name} 300`,
      `sentinel failover-timeout ${name} 3000`,
    ]
    await writeFile(path, `${lines.join('\n')}\n`)
    return new Sentinel(await RedisServer.startWith(port, [path, '--sentinel']), folder)
  }

  async kill(): Promise<void> {
    await this.server.kill()
    await rm(this.#folder, { recursive: true })
  }
}
