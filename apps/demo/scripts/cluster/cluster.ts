import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
// biome-ignore lint/correctness/noUndeclaredDependencies: for development only
import { RedisServer } from '@sluice/programs/redis'
import { StartError } from '../../src/server/start-error.ts'
import { Instance } from './instance.ts'
import { RoundRobin } from './round-robin.ts'

/** The options of a {@link Cluster}. */
export interface ClusterOptions {
  /** The arguments of Node to run an instance: the file, and flags before it. */
  readonly nodeArgs: readonly string[]
  /** The proxy's port; 0 takes a free one. */
  readonly port: number
  /** For the instances; `REDIS_URL` and `DATA_DIR` are made if they are not set. */
  readonly env: NodeJS.ProcessEnv
  /** Called with a line for people at each change. */
  readonly say: (line: string) => void
}

/** So short that one who watches sees what becomes of a dead server's answers, in milliseconds. */
const LEASE_MS = 2_000

/** Two instances of the demo that share a Redis and a database, and the proxy in front of them. */
export class Cluster {
  readonly proxy: RoundRobin
  readonly instances: readonly Instance[]
  readonly #cleanUp: readonly (() => unknown)[]

  private constructor(
    proxy: RoundRobin,
    instances: readonly Instance[],
    cleanUp: readonly (() => unknown)[],
  ) {
    this.proxy = proxy
    this.instances = instances
    this.#cleanUp = cleanUp
  }

  /** Resolves when both instances are ready. */
  static async start({ nodeArgs, port, env, say }: ClusterOptions): Promise<Cluster> {
    const cleanUp: (() => unknown)[] = []
    try {
      const proxy = await RoundRobin.listen(port, '127.0.0.1')
      cleanUp.push(() => proxy.close())
      const redis = env.REDIS_URL ? undefined : await startRedis()
      if (redis !== undefined) cleanUp.push(() => redis.kill())
      const dataDir = env.DATA_DIR || mkdtempSync(join(tmpdir(), 'sluice-demo-'))
      if (!env.DATA_DIR) cleanUp.push(() => rmSync(dataDir, { recursive: true, force: true }))

      const shared = {
        LEASE_MS: String(LEASE_MS),
        LAB_KILL: '1',
        ...env,
        HOST: '127.0.0.1',
        PORT: '0',
        DATA_DIR: dataDir,
        REDIS_URL: redis?.url ?? env.REDIS_URL,
      }
      const instances = ['a', 'b'].map((name) => {
        let at: number | undefined
        return new Instance({
          nodeArgs,
          env: { ...shared, INSTANCE: name },
          onUp(port) {
            at = port
            proxy.add(port)
            say(`Instance ${name} is up, on port ${port}.`)
          },
          onDown(how) {
            if (at !== undefined) proxy.remove(at)
            at = undefined
            say(`Instance ${name} is gone (${how}).`)
          },
        })
      })
      cleanUp.push(() => Promise.all(instances.map((instance) => instance.stop())))
      await proxy.whenReady(instances.length)
      return new Cluster(proxy, instances, cleanUp)
    } catch (error) {
      await inReverse(cleanUp)
      throw error
    }
  }

  get url(): string {
    return `http://localhost:${this.proxy.port}`
  }

  /** Instances first, so that they can still say to Redis how their answers ended. */
  async stop(): Promise<void> {
    await inReverse(this.#cleanUp)
  }
}

/** Out of reach of Ctrl-C, which ends the instances first. @throws {StartError} that says what to install. */
async function startRedis(): Promise<RedisServer> {
  try {
    return await RedisServer.start({ detached: true })
  } catch (error) {
    throw new StartError(`${(error as Error).message} REDIS_URL can name one that runs already.`)
  }
}

async function inReverse(cleanUp: readonly (() => unknown)[]): Promise<void> {
  for (const act of cleanUp.toReversed()) await act()
}
