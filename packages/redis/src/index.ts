export type { ClusterClient, PubSubClient, RedisClient, StandaloneClient } from './connection.ts'
export type { RedisLogMetrics } from './metrics.ts'
export type { RedisLogOptions } from './options.ts'
export { type RedisLog, redisLog } from './redis-log.ts'
