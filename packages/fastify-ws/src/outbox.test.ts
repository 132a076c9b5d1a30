import { type ManualClock, manualClock, settle } from '@sluice/core/testing'
import { test } from 'tap'
import { Outbox } from './outbox.ts'
import type { SocketWriter } from './socket-writer.ts'

const STALL_MS = 30_000
const TICK_MS = 100

/** A socket that takes a write when a test says so. */
class SlowWriter implements SocketWriter {
  readonly form = 'frame'
  unsentBytes = 0
  readonly #writes: { readonly bytes: number; readonly onSent: (() => void) | undefined }[] = []

  encode(text: string): Uint8Array {
    return Buffer.from(text)
  }

  send(_frames: readonly Uint8Array[], bytes: number, onSent?: () => void): void {
    this.unsentBytes += bytes
    this.#writes.push({ bytes, onSent })
  }

  /** Takes the oldest write. Returns whether it has a callback. */
  take(): boolean {
    const { bytes, onSent } = this.#writes.shift()!
    this.unsentBytes -= bytes
    onSent?.()
    return onSent !== undefined
  }
}

interface Sending {
  readonly clock: ManualClock
  readonly writer: SlowWriter
  readonly outbox: Outbox
  /** When the stall was noticed. */
  readonly stalledAt: () => number | undefined
  /** Sends a message of its own. */
  send(): Promise<void>
}

function sending(): Sending {
  const clock = manualClock({ stepMs: TICK_MS })
  const writer = new SlowWriter()
  let stalledAt: number | undefined
  const options = { hub: { clock }, highWaterMark: 65_536, maxFrameBytes: 16_384, stallMs: STALL_MS }
  const outbox = new Outbox(writer, options, () => {
    stalledAt ??= clock.now()
  })
  return {
    clock,
    writer,
    outbox,
    stalledAt: () => stalledAt,
    async send() {
      outbox.send({ type: 'ping' })
      await settle()
    },
  }
}

test('a socket that takes nothing is noticed when stallMs have passed', async (t) => {
  const { clock, stalledAt, send } = sending()
  await send()
  clock.advance(2 * STALL_MS)
  t.equal(stalledAt(), STALL_MS)
})

for (const tookMs of [TICK_MS, 14_950, STALL_MS - TICK_MS, STALL_MS - 1]) {
  test(`what it has taken after ${tookMs} ms counts, even if no write has a callback`, async (t) => {
    const { clock, writer, stalledAt, send } = sending()
    await send()
    await send()
    clock.advance(tookMs)
    t.notOk(writer.take(), 'the first write, to an empty socket, does not')
    clock.advance(3 * STALL_MS)
    t.ok(stalledAt()! >= tookMs + STALL_MS, `${stalledAt()}`)
    t.ok(stalledAt()! <= tookMs + STALL_MS + 2 * TICK_MS, `${stalledAt()}`)
  })
}

test('a write that tells counts from that moment', async (t) => {
  const { clock, writer, stalledAt, send } = sending()
  for (let writes = 0; writes < 3; writes++) await send()
  clock.advance(10_000)
  writer.take()
  clock.advance(10_000)
  t.ok(writer.take())
  clock.advance(2 * STALL_MS)
  t.equal(stalledAt(), 20_000 + STALL_MS)
})

test('a socket that takes little, but now and then, is never called stalled', async (t) => {
  const { clock, writer, stalledAt, send } = sending()
  await send()
  for (let writes = 0; writes < 5; writes++) {
    await send()
    clock.advance(STALL_MS - TICK_MS)
    writer.take()
  }
  t.equal(stalledAt(), undefined)
})

test('one that has taken all is watched no longer, and again when it has more', async (t) => {
  const { clock, writer, stalledAt, send } = sending()
  await send()
  writer.take()
  clock.advance(TICK_MS)
  t.equal(clock.size, 0)
  await send()
  clock.advance(2 * STALL_MS)
  t.equal(stalledAt(), TICK_MS + STALL_MS)
})

test('one that is closed is watched no longer', async (t) => {
  const { clock, outbox, stalledAt, send } = sending()
  await send()
  outbox.close()
  t.equal(clock.size, 0)
  const { bytesSent } = outbox
  await send()
  t.equal(clock.size, 0)
  t.equal(outbox.bytesSent, bytesSent, 'nothing more is sent')
  clock.advance(2 * STALL_MS)
  t.equal(stalledAt(), undefined)
})

test('many waiters get no more than the socket can take, one frame each, in turn', async (t) => {
  const { writer, outbox } = sending()
  const frame = Buffer.alloc(16_384)
  const turns: number[] = []
  const waiters = Array.from({ length: 20 }, (_, index) => ({
    ready() {
      turns.push(index)
      outbox.write(this, frame)
    },
  }))
  for (const waiter of waiters) outbox.write(waiter, frame)
  await settle()
  t.same(turns, [], 'the socket is full')
  writer.take()
  await settle()
  t.same(turns, [0, 1, 2, 3])
  t.equal(writer.unsentBytes, 65_536)
  writer.take()
  await settle()
  t.same(turns, [0, 1, 2, 3, 4, 5, 6, 7])
})
