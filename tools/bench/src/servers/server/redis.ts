import { RedisServer } from '@sluice/programs/redis'

/** A Redis of this process's own, that keeps nothing on disk and ends with it. Gives its URL. */
export async function startRedis(): Promise<string> {
  const redis = await RedisServer.start()
  process.once('exit', () => void redis.kill())
  return redis.url
}
