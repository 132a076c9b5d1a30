import { StreamingError } from '@sluice/core'
import type { Logger } from '@sluice/core/server'
import { createClient } from 'redis'
import type { Script } from '../scripts/script.ts'
import { Channels } from './channels.ts'
import {
  type CommandArgument,
  type CommandOptions,
  hasOwnMessages,
  isCluster,
  isSentinel,
  type PubSubClient,
  type RedisClient,
  type StandaloneClient,
} from './clients.ts'
import type { Slot } from './slots.ts'

/** The options of a {@link Connection}. */
export interface ConnectionOptions {
  readonly url: string | undefined
  readonly client: RedisClient | undefined
  readonly commandTimeoutMs: number
  readonly logger: Logger
  /** Commands or messages go again: what was missed can be asked for. */
  readonly onReady: () => void
}

type OwnClient = StandaloneClient & PubSubClient

/** The two connections of this process: one for commands, and one for messages. */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #isOwn: boolean
  readonly #channels = new Channels({
    subscribe: (channel, listener) => this.#subscribe(channel, listener),
    unsubscribe: (channel) => this.#unsubscribe(channel),
  })
  readonly #onReady = (): void => this.#options.onReady()
  readonly #onError = (error: Error): void => this.#options.logger.warn({ err: error }, 'redis')
  #client: RedisClient
  #messages: PubSubClient | undefined
  #isClosed = false
  #ready: Promise<void>
  #messagesReady: Promise<void> = Promise.resolve()

  constructor(options: ConnectionOptions) {
    const { url, client } = options
    if ((url === undefined) === (client === undefined)) throw new TypeError('redisLog: give url or client.')
    this.#options = options
    this.#isOwn = client === undefined
    this.#client = client ?? this.#connectCommands()
    this.#ready = this.#watch(this.#client)
    this.#messages = this.#connectMessages()
  }

  /** Messages about a stream go to the shard that has it, if there are shards. */
  get publishCommand(): 'PUBLISH' | 'SPUBLISH' {
    return isCluster(this.#client) ? 'SPUBLISH' : 'PUBLISH'
  }

  /** Whether a script may touch the keys of one stream only. */
  get isSharded(): boolean {
    return isCluster(this.#client)
  }

  /** Which shard has which slot, as far as it is known now; `undefined` if there are no shards. */
  get slots(): readonly Slot[] | undefined {
    return isCluster(this.#client) ? this.#client.slots : undefined
  }

  /** Says something to all who listen to a stream's channel. */
  publish(channel: string, message: string): Promise<unknown> {
    return this.#send(channel, [this.publishCommand, channel, message])
  }

  /** Runs a script at once or not at all, for however long Redis takes. */
  async run(
    { sha, lua }: Script,
    keys: readonly string[],
    args: readonly CommandArgument[],
  ): Promise<unknown> {
    const client = this.#client
    const evalSha = ['EVALSHA', sha, `${keys.length}`, ...keys, ...args]
    try {
      return await this.#send(keys[0]!, evalSha)
    } catch (error) {
      if (isAnswer(error, 'NOSCRIPT')) {
        return await this.#send(keys[0]!, ['EVAL', lua, `${keys.length}`, ...keys, ...args])
      }
      if (!isAnswer(error, 'READONLY') || !this.#isOwn) throw error
      // The server has become a replica: by now the name leads to another.
      if (this.#client === client) this.replace()
      await this.#ready
      return await this.#send(keys[0]!, evalSha)
    }
  }

  /**
   * As {@link Connection.run}, for a caller that waits for the answer.
   * @throws {StreamingError} `capacity` if Redis does not give one in time.
   */
  ask(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.#inTime(() => this.run(script, keys, args))
  }

  /** @throws {StreamingError} `capacity` if Redis does not answer in time. */
  command(key: string, args: readonly string[]): Promise<unknown> {
    return this.#inTime(() => this.#send(key, [...args]))
  }

  /** Resolves once messages on the channel arrive. */
  async listen(channel: string, listener: (message: string) => void): Promise<void> {
    await this.#channels.listen(channel, listener)
  }

  async unlisten(channel: string, listener: (message: string) => void): Promise<void> {
    if (!this.#isClosed) await this.#channels.unlisten(channel, listener)
  }

  /** Whether both connections answer. A half-open one does not say so by itself. */
  async probe(): Promise<void> {
    if (isCluster(this.#client)) return
    await Promise.all([this.#send('', ['PING']), this.#messages?.sendCommand(['PING'], NO_TIMEOUT)])
  }

  /** Makes connections that are made from a URL anew: these have said nothing for too long. */
  replace(): void {
    if (this.#isClosed || !this.#isOwn) return
    this.#options.logger.warn({}, 'redis does not answer: connecting anew')
    const old = this.#client as OwnClient
    this.#client = this.#connectCommands()
    this.#ready = this.#watch(this.#client)
    const oldMessages = this.#messages
    this.#messages = this.#connectMessages()
    this.#channels.resubscribe()
    old.destroy()
    oldMessages?.destroy()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#client.off('ready', this.#onReady)
    this.#client.off('topology-change', this.#onReady)
    this.#client.off('error', this.#onError)
    this.#messages?.destroy()
    if (this.#isOwn) (this.#client as OwnClient).destroy()
    else if (hasOwnMessages(this.#client)) {
      for (const name of this.#channels.names) this.#unsubscribe(name).catch(() => {})
    }
    this.#channels.clear()
  }

  #connectCommands(): OwnClient {
    const client = createClient({
      url: this.#options.url!,
      disableOfflineQueue: true,
      maintNotifications: 'disabled',
      socket: { reconnectStrategy, connectTimeout: 2000 },
    })
    // Its own error listener stays when the log has released it: nobody else handles an error of a closed client.
    client.on('error', () => {})
    client.connect().catch(() => {})
    return client as OwnClient
  }

  #connectMessages(): PubSubClient | undefined {
    if (hasOwnMessages(this.#client)) return undefined
    const messages = this.#client.duplicate({ disableOfflineQueue: false })
    messages.on('error', this.#onError)
    messages.on('ready', this.#onReady)
    this.#messagesReady = new Promise((resolve) => messages.on('ready', () => resolve()))
    messages.connect().catch(() => {})
    return messages
  }

  /** Resolves when the client is ready for the first time. */
  #watch(client: RedisClient): Promise<void> {
    client.on('error', this.#onError)
    client.on('ready', this.#onReady)
    if (isSentinel(client)) client.on('topology-change', this.#onReady)
    if (hasOwnMessages(client) || client.isReady) return Promise.resolve()
    return new Promise((resolve) => {
      const first = (): void => {
        client.off('ready', first)
        resolve()
      }
      client.on('ready', first)
    })
  }

  async #subscribe(channel: string, listener: (message: string) => void): Promise<unknown> {
    const client = this.#client
    if (isCluster(client) && isSharded(channel)) return client.sSubscribe(channel, listener)
    if (hasOwnMessages(client)) return client.subscribe(channel, listener)
    const messages = this.#messages!
    // A command that a client sends during its handshake may get no answer.
    await this.#messagesReady
    return messages.subscribe(channel, listener)
  }

  #unsubscribe(channel: string): Promise<unknown> {
    const client = this.#client
    if (isCluster(client) && isSharded(channel)) return client.sUnsubscribe(channel)
    return (hasOwnMessages(client) ? client : this.#messages!).unsubscribe(channel)
  }

  #send(key: string, args: CommandArgument[]): Promise<unknown> {
    const client = this.#client
    if (isCluster(client)) return client.sendCommand(key, false, args, NO_TIMEOUT)
    return isSentinel(client)
      ? client.sendCommand(false, args, NO_TIMEOUT)
      : client.sendCommand(args, NO_TIMEOUT)
  }

  async #inTime(send: () => Promise<unknown>): Promise<unknown> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => late.reject(new Error('Redis did not answer in time.')),
      this.#options.commandTimeoutMs,
    )
    try {
      return await Promise.race([this.#ready.then(send), late.promise])
    } catch (error) {
      throw new StreamingError('capacity', 'The log cannot be reached.', {
        cause: error,
        retryAfterMs: 1000,
      })
    } finally {
      clearTimeout(timer)
    }
  }
}

/** By itself the client makes a timer and an `AbortSignal` for each command. A caller here has its own deadline. */
const NO_TIMEOUT: CommandOptions = { timeout: 0 }

/** A stream's channel has its hash tag; what is for one instance has none. */
function isSharded(channel: string): boolean {
  return channel.includes('{')
}

/** Whether Redis itself said so, with this code. */
function isAnswer(error: unknown, code: string): boolean {
  return error instanceof Error && error.message.startsWith(code)
}

/** Soon, and never more than a second apart: a reader waits. */
function reconnectStrategy(retries: number): number {
  return Math.min(25 * 2 ** retries, 1000)
}
