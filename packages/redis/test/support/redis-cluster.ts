import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, RedisServer } from './redis-server.ts'
import { until } from './waiting.ts'

const SLOTS = 16_384

/** Three primaries, a third of the slots each. */
export class RedisCluster {
  readonly nodes: readonly RedisServer[]
  readonly #folder: string

  private constructor(nodes: readonly RedisServer[], folder: string) {
    this.nodes = nodes
    this.#folder = folder
  }

  static async start(): Promise<RedisCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-cluster-'))
    const busPorts = [await freePort(), await freePort(), await freePort()]
    const nodes = await Promise.all(
      busPorts.map((busPort) =>
        RedisServer.start(
          ...['--cluster-enabled', 'yes', '--cluster-config-file', join(folder, `${busPort}.conf`)],
          ...['--cluster-port', `${busPort}`, '--cluster-node-timeout', '2000', '--dir', folder],
        ),
      ),
    )
    for (const [index, node] of nodes.entries()) {
      const [from, to] = [index, index + 1].map((third) => Math.floor((SLOTS * third) / nodes.length))
      await node.command('CLUSTER', 'ADDSLOTSRANGE', `${from}`, `${to! - 1}`)
      await node.command('CLUSTER', 'MEET', '127.0.0.1', `${nodes[0]!.port}`, `${busPorts[0]}`)
    }
    for (const node of nodes) {
      await until(async () => {
        const info = String(await node.command('CLUSTER', 'INFO'))
        return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes.length}`)
      })
    }
    return new RedisCluster(nodes, folder)
  }

  async kill(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()))
    await rm(this.#folder, { recursive: true })
  }
}
