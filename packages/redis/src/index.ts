export type {
  ClusterClient,
  CommandArgument,
  CommandOptions,
  PubSubClient,
  RedisClient,
  SentinelClient,
  StandaloneClient,
} from './clients.ts'
export type { RedisLogMetrics } from './metrics.ts'
export type { RedisLogOptions } from './options.ts'
export { type RedisLog, redisLog } from './redis-log.ts'
export type { Slot } from './slots.ts'
