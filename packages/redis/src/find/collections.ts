import type { StreamRecord } from '@sluice/core/server'
import type { LogContext } from '../log-context.ts'
import { ADD_TO_COLLECTION } from '../scripts/index-keys.ts'

/** From this many streams on, a collection is looked through for streams that are no more. */
const SEARCHED_FROM = 16
/** How many are looked at with each stream that is added: more than one, so that the dead become fewer. */
const SAMPLE = 3

/** A stream in a collection. */
export interface Member {
  readonly streamId: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

/**
 * The streams of an owner, and those of a thread, in the order of their creation: a sorted set for each. It lies in
 * another slot than its streams, which end their life by a time to live. So each addition looks at a few members and
 * takes out those whose stream is no more: a collection stays in proportion to what there is to find.
 */
export class Collections {
  readonly #context: LogContext

  constructor(context: LogContext) {
    this.#context = context
  }

  /** Adds a stream that is there already, or is about to be. */
  async add(record: StreamRecord): Promise<void> {
    await Promise.all(this.#keysOf(record).map((key) => this.#addTo(key, record)))
  }

  async remove(record: StreamRecord): Promise<void> {
    await Promise.all(this.#keysOf(record).map((key) => this.#take(key, [record.streamId])))
  }

  /** Keeps the collections that a stream is in for longer. */
  async keep(record: StreamRecord): Promise<void> {
    const { connection, bounds } = this.#context
    await Promise.all(
      this.#keysOf(record).map((key) => connection.command(key, ['PEXPIRE', key, `${bounds.ttlMs * 2}`])),
    )
  }

  /** The members of a collection, the oldest first. The streams of some may be no more. */
  async membersOf(key: string): Promise<readonly Member[]> {
    const reply = await this.#context.connection.command(key, ['ZRANGE', key, '0', '-1', 'WITHSCORES'])
    return membersIn(reply)
  }

  /** Takes out members whose streams were found to be no more. */
  async takeDead(key: string, members: readonly Member[]): Promise<void> {
    const { bounds } = this.#context
    // A stream is added before it is created: one that is not there may be on its way.
    const before = Date.now() - 10 * (bounds.commandTimeoutMs + bounds.leaseMs)
    await this.#take(
      key,
      members.filter(({ createdAt }) => createdAt < before).map(({ streamId }) => streamId),
    )
  }

  /** Without members a sorted set is no more. */
  async #take(key: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#context.connection.command(key, ['ZREM', key, ...ids])
  }

  async #addTo(key: string, { streamId, createdAt }: StreamRecord): Promise<void> {
    const { connection, bounds } = this.#context
    const args = [streamId, `${createdAt}`, `${bounds.ttlMs * 2}`, `${SEARCHED_FROM}`, `${SAMPLE}`]
    const sample = membersIn(await connection.ask(ADD_TO_COLLECTION, [key], args))
    if (sample.length > 0) await this.#search(key, sample)
  }

  async #search(key: string, sample: readonly Member[]): Promise<void> {
    const { connection, keys } = this.#context
    const dead = await Promise.all(
      sample.map(async (member) => {
        const { meta } = keys.of(member.streamId)
        return (await connection.command(meta, ['EXISTS', meta])) === 0 ? [member] : []
      }),
    )
    await this.takeDead(key, dead.flat())
  }

  #keysOf({ owner, thread }: StreamRecord): readonly string[] {
    const { keys } = this.#context
    return [
      ...(owner === undefined ? [] : [keys.owner(owner)]),
      ...(thread === undefined ? [] : [keys.thread({ owner, thread })]),
    ]
  }
}

/** @param reply - of a command `WITHSCORES`: each member, followed by its score; in RESP3, a pair for each */
function membersIn(reply: unknown): Member[] {
  const members: Member[] = []
  const flat = (reply as readonly unknown[]).flat()
  for (let at = 0; at < flat.length; at += 2) {
    members.push({ streamId: String(flat[at]), createdAt: Number(flat[at + 1]) })
  }
  return members
}
