import type { Buffer } from 'node:buffer'
import type { Slot } from './slots.ts'

/** A part of a command. */
export type CommandArgument = string | Buffer

/** How a command is sent. */
export interface CommandOptions {
  /** How long it may wait until it is sent, in milliseconds; 0: for as long as there is a connection. */
  readonly timeout?: number
}

/** The part of a node-redis client for one server that the log uses. */
export interface StandaloneClient {
  readonly isReady: boolean
  sendCommand(args: readonly CommandArgument[], options?: CommandOptions): Promise<unknown>
  duplicate(overrides?: { readonly disableOfflineQueue?: boolean }): PubSubClient
  on(event: string, listener: (error: Error) => void): unknown
  off(event: string, listener: (error: Error) => void): unknown
}

/** The part of a node-redis client for a Cluster that the log uses. Its replicas must not serve reads. */
export interface ClusterClient {
  readonly slots: readonly Slot[]
  sendCommand(
    firstKey: string,
    isReadonly: boolean,
    args: CommandArgument[],
    options?: CommandOptions,
  ): Promise<unknown>
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  sSubscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  sUnsubscribe(channel: string): Promise<unknown>
  on(event: string, listener: (error: Error) => void): unknown
  off(event: string, listener: (error: Error) => void): unknown
}

/** The part of a node-redis client for a primary that Sentinels watch, which the log uses. */
export interface SentinelClient {
  getSentinelNode(): unknown
  sendCommand(isReadonly: boolean, args: CommandArgument[], options?: CommandOptions): Promise<unknown>
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  on(event: string, listener: (error: Error) => void): unknown
  off(event: string, listener: (error: Error) => void): unknown
}

/** A client of node-redis: `createClient(…)`, `createSentinel(…)` or `createCluster(…)`. */
export type RedisClient = StandaloneClient | SentinelClient | ClusterClient

/** The part of a client that listens. */
export interface PubSubClient {
  connect(): Promise<unknown>
  destroy(): void
  sendCommand(args: readonly string[], options?: CommandOptions): Promise<unknown>
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  on(event: string, listener: (error: Error) => void): unknown
}

export function isCluster(client: RedisClient): client is ClusterClient {
  return 'slots' in client
}

export function isSentinel(client: RedisClient): client is SentinelClient {
  return 'getSentinelNode' in client
}

/** Whether it has a connection for messages itself, and moves it along when its server is another. */
export function hasOwnMessages(client: RedisClient): client is ClusterClient | SentinelClient {
  return isCluster(client) || isSentinel(client)
}
