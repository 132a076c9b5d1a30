import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@sluice/programs/port'
import { RedisServer } from '@sluice/programs/redis'
import { untilInStep } from './replica.ts'
import { until } from './waiting.ts'

const SLOTS = 16_384
const PRIMARIES = 3

/** Three primaries, a third of the slots each, and a replica of each if a test asks for them. */
export class RedisCluster {
  /** The primaries, and after them their replicas, in the same order. */
  readonly nodes: readonly RedisServer[]
  readonly #folder: string

  private constructor(nodes: readonly RedisServer[], folder: string) {
    this.nodes = nodes
    this.#folder = folder
  }

  static async start({ replicas = false } = {}): Promise<RedisCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-cluster-'))
    const busPorts: number[] = []
    while (busPorts.length < (replicas ? PRIMARIES * 2 : PRIMARIES)) busPorts.push(await freePort())
    const nodes = await Promise.all(
      busPorts.map((busPort) =>
        RedisServer.start({
          settings: [
            ...['--cluster-enabled', 'yes', '--cluster-config-file', join(folder, `${busPort}.conf`)],
            ...['--cluster-port', `${busPort}`, '--cluster-node-timeout', '1000', '--dir', folder],
          ],
        }),
      ),
    )
    for (const [index, node] of nodes.entries()) {
      const [from, to] = [index, index + 1].map((third) => Math.floor((SLOTS * third) / PRIMARIES))
      if (index < PRIMARIES) await node.command('CLUSTER', 'ADDSLOTSRANGE', `${from}`, `${to! - 1}`)
      await node.command('CLUSTER', 'MEET', '127.0.0.1', `${nodes[0]!.port}`, `${busPorts[0]}`)
    }
    const ids = await Promise.all(nodes.map((node) => node.command('CLUSTER', 'MYID')))
    for (const [index, node] of nodes.entries()) {
      await until(async () => {
        const info = String(await node.command('CLUSTER', 'INFO'))
        return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes.length}`)
      })
      if (index < PRIMARIES) continue
      await node.command('CLUSTER', 'REPLICATE', `${ids[index - PRIMARIES]}`)
      await untilInStep(node)
    }
    return new RedisCluster(nodes, folder)
  }

  /** The primary that has a key. */
  async primaryOf(key: string): Promise<RedisServer> {
    const slot = Number(await this.nodes[0]!.command('CLUSTER', 'KEYSLOT', key))
    return this.nodes[Math.floor((slot * PRIMARIES) / SLOTS)]!
  }

  async kill(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()))
    await rm(this.#folder, { recursive: true })
  }
}
