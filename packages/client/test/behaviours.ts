import { type ClientOptions, createClient, type Snapshot, type StreamClient, sse, ws } from '../src/index.ts'
import { until } from './until.ts'

// The behaviour of a client over any transport, in Node and in a page: so nothing here is of either. Each resolves to what
// came of it, as plain JSON values; what should have come of it stands in `transports.test.ts`.

/** Where a behaviour takes place. */
export interface World {
  readonly transport: 'sse' | 'ws'
  /** Of the server, `http://127.0.0.1:…`. */
  readonly origin: string
  /** Does something to the server: cuts every connection, lets its script go on, closes it. */
  control(act: 'cut' | 'next' | 'close'): Promise<void>
}

const client = (
  { transport, origin }: World,
  options: Partial<ClientOptions> = {},
  user?: string,
): StreamClient => {
  const url = `${origin}/streams`
  const made =
    transport === 'sse'
      ? sse({ url, headers: user === undefined ? {} : { 'x-user': user } })
      : ws({ url: `${url}/ws`, idleMs: 20, ...(user === undefined ? {} : { protocols: [user] }) })
  return createClient({ transport: made, retry: { baseMs: 1, capMs: 10 }, storage: null, ...options })
}

/** A snapshot as JSON: an error has no enumerable message. */
function plain({ error, ...snapshot }: Snapshot) {
  const { type, message, status, recoverable, issues } = error ?? {}
  return { ...snapshot, waiting: null, error: error && { type, message, status, recoverable, issues } }
}

const idsOf = async (events: AsyncIterable<unknown>) => {
  const ids: number[] = []
  for await (const event of events) ids.push((event as { chunk_id: number }).chunk_id)
  return ids
}

const says = (text: string) => (snapshot: Snapshot) => snapshot.text === text

export const behaviours = {
  async start(world: World) {
    const session = client(world).start('chat', 'hello')
    const ids = await idsOf(session)
    return { ids, last: plain(await session.done) }
  },

  async startTwiceWithOneKey(world: World) {
    const idempotencyKey = 'k'.repeat(22)
    const sessions = [1, 2].map(() => client(world).start('chat', 'once', { idempotencyKey }))
    await Promise.all(sessions.map((session) => until(session, says('so far'))))
    const ids = sessions.map(({ streamId }) => streamId)
    for (const session of sessions) session.detach()
    return { ids }
  },

  async cutAgainAndAgain(world: World) {
    const session = client(world).start('chat', '')
    const ids: number[] = []
    for await (const event of session as AsyncIterable<{ chunk_id: number }>) {
      ids.push(event.chunk_id)
      if (event.chunk_id % 100 === 0) await world.control('cut')
      await world.control('next')
    }
    return { ids, last: plain(await session.done) }
  },

  async attach(world: World) {
    const first = client(world).start('chat', '')
    await until(first, ({ lastChunkId }) => lastChunkId > 1)
    first.detach()
    const again = async (kept = {}) => plain(await client(world).attach('chat', first.streamId!, kept).done)
    const fromTheStart = await again()
    const fromKept = await again(first.snapshot)
    const fromTheEnd = await again(fromTheStart)
    return { fromTheStart, fromKept, fromTheEnd }
  },

  async attachBeyondTheEnd(world: World) {
    const { streamId } = await client(world).start('chat', '').done
    const kept = { lastChunkId: 9_999, text: 'not from here' }
    return plain(await client(world).attach('chat', streamId!, kept).done)
  },

  async cancel(world: World) {
    const session = client(world).start('chat', '')
    await until(session, says('so far'))
    const other = client(world).attach('chat', session.streamId!)
    await until(other, says('so far'))
    await session.cancel()
    return { own: plain(await session.done), other: plain(await other.done) }
  },

  async cancelBeforeTheIdIsKnown(world: World) {
    const session = client(world).start('chat', '')
    await until(session, ({ state }) => state === 'connecting')
    await session.cancel()
    return plain(await session.done)
  },

  async twoViewers(world: World) {
    const one = client(world)
    const first = one.start('chat', '')
    await until(first, ({ streamId }) => streamId !== null)
    const second = one.attach('chat', first.streamId!)
    return { first: plain(await first.done), second: plain(await second.done) }
  },

  async slowViewer(world: World) {
    const one = client(world, { queueLimit: 8 })
    const slow = one.start('chat', '')
    const events = slow[Symbol.asyncIterator]()
    await events.next()
    const { streamId } = await until(slow, ({ streamId: id }) => id !== null)
    const quick = plain(await one.attach('chat', streamId!).done)
    let seen = 1
    for await (const _ of { [Symbol.asyncIterator]: () => events }) seen += 1
    return { quick, seen, slow: plain(await slow.done) }
  },

  async strangers(world: World) {
    const ann = client(world, {}, 'ann').start('chat', '')
    await until(ann, says('so far'))
    const bob = await client(world, {}, 'bob').attach('chat', ann.streamId!).done
    ann.detach()
    return plain(bob)
  },

  async refusals(world: World) {
    return {
      wrong: plain(await client(world).start('chat', { not: 'text' }).done),
      unknown: plain(await client(world).start('poem', '').done),
      absent: plain(await client(world).attach('chat', 'x'.repeat(22)).done),
    }
  },

  async toTheEnd(world: World) {
    return plain(await client(world).start('chat', '').done)
  },

  async shutdown(world: World) {
    const session = client(world).start('chat', '')
    await until(session, says('so far'))
    await world.control('close')
    return plain(await session.done)
  },

  /** Begins over SSE, goes on over WebSocket, and back, in steps of six events. */
  async changeOfTransports(world: World) {
    let kept: Snapshot | undefined
    for (const transport of ['sse', 'ws', 'sse', 'ws'] as const) {
      const one = client({ ...world, transport })
      const session = kept === undefined ? one.start('chat', '') : one.attach('chat', kept.streamId!, kept)
      const from: number = kept?.lastChunkId ?? 0
      let steps = 0
      for await (const _ of session) {
        await world.control('next')
        steps += 1
        if (session.snapshot.lastChunkId >= from + 6) break
      }
      kept = session.snapshot
      session.detach()
      // The session is ahead of this loop: each event is one step of the script.
      for (; steps < kept.lastChunkId - from; steps += 1) await world.control('next')
    }
    const rest = client({ ...world, transport: 'sse' }).attach('chat', kept!.streamId!, kept)
    for await (const _ of rest) await world.control('next')
    return { lastChunkId: kept!.lastChunkId, last: plain(await rest.done) }
  },
}

export type Behaviour = keyof typeof behaviours
/** The result of a behaviour. */
export type Came<B extends Behaviour> = Awaited<ReturnType<(typeof behaviours)[B]>>
