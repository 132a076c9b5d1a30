export type {
  ClusterClient,
  CommandArgument,
  CommandOptions,
  PubSubClient,
  RedisClient,
  SentinelClient,
  StandaloneClient,
} from './connection/clients.ts'
export type { Slot } from './connection/slots.ts'
export type { RedisLogMetrics } from './metrics.ts'
export type { RedisLogOptions } from './options.ts'
export { type RedisLog, redisLog } from './redis-log.ts'
