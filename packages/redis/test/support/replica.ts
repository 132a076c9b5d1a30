import { RedisServer } from '@sluice/programs/redis'
import { until } from './waiting.ts'

/** A Redis that follows another, and is in step with it. */
export async function startReplica(primary: RedisServer): Promise<RedisServer> {
  const replica = await RedisServer.start({ settings: ['--replicaof', '127.0.0.1', `${primary.port}`] })
  await untilInStep(replica)
  return replica
}

/** Until a replica has what its primary has. */
export async function untilInStep(replica: RedisServer): Promise<void> {
  await until(async () =>
    String(await replica.command('INFO', 'replication')).includes('master_link_status:up'),
  )
}
