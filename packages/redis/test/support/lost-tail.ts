import type { RedisServer } from '@sluice/programs/redis'
import { Keys } from '../../src/find/keys.ts'

/** Acts as a failover to a replica that has not got the latest events: the stream ends at `last` again. */
export async function loseTail(
  server: RedisServer,
  keyPrefix: string,
  streamId: string,
  last: number,
): Promise<void> {
  const { meta, log } = new Keys(keyPrefix).of(streamId)
  const lua = `
    for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '(${last}-0', '+')) do redis.call('XDEL', KEYS[2], entry[1]) end
    redis.call('DEL', KEYS[2] .. ':copy')
    for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '+')) do
      redis.call('XADD', KEYS[2] .. ':copy', entry[1], entry[2][1], entry[2][2])
    end
    redis.call('RENAME', KEYS[2] .. ':copy', KEYS[2])
    return redis.call('HSET', KEYS[1], 'last', ${last})`
  await server.command('EVAL', lua, '2', meta, log)
}
