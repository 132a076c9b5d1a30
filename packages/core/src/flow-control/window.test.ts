import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { AdaptiveWindow } from './adaptive-window.ts'
import { ReceiveWindow } from './receive-window.ts'
import { SendWindow } from './send-window.ts'
import type { Ack } from './window.ts'

const RUNS = { seed: 3, numRuns: Number(process.env.SLUICE_RUNS ?? 2000) }
// As many as a soak has are more than the five seconds that a test has otherwise.
vi.setConfig({ testTimeout: 5000 + RUNS.numRuns * 2 })
const TOTAL = 300
const MAX_WINDOW = 48

type Step =
  | { readonly do: 'wait' | 'send' | 'arrive' | 'process'; readonly n: number }
  | { readonly do: 'ack when due' | 'ack' }
  | { readonly do: 'deliver' | 'lose' | 'repeat'; readonly n: number }
  | { readonly do: 'forge'; readonly ack: Ack }

const forgedNumber = fc.oneof(
  fc.nat({ max: 16 }),
  fc.integer({ min: -2, max: TOTAL + 10 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 1.5, 2 ** 53 - 1, 2 ** 53),
)
const forgery: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('forge' as const),
  ack: fc.record({ chunkId: forgedNumber, limit: fc.option(forgedNumber, { nil: undefined }) }),
})
const honest: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('wait' as const, 'send' as const, 'arrive' as const, 'process' as const),
      n: fc.integer({ min: 1, max: 60 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('ack when due' as const, 'ack' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('deliver' as const, 'lose' as const, 'repeat' as const),
      n: fc.nat({ max: 20 }),
    }),
  },
)
const windows = fc
  .tuple(fc.integer({ min: 1, max: 8 }), fc.nat({ max: 30 }), fc.nat({ max: 30 }))
  .map(([floor, more, most]) => ({ floor, initial: floor + more, ceiling: floor + more + most }))

/** A server with 300 chunks, a viewer, and a line that keeps chunks in order and does to acks what it is told. */
class Crossing {
  readonly server: SendWindow
  readonly client: ReceiveWindow
  readonly processed: number[] = []
  readonly #underWay: Ack[] = []
  #now = 0
  #sent = 0
  #arrived: number[] = []
  #line: number[] = []

  constructor(bounds: { floor: number; initial: number; ceiling: number }) {
    const now = () => this.#now
    this.client = new ReceiveWindow({ window: new AdaptiveWindow({ ...bounds, now }), now })
    this.server = new SendWindow({ window: this.client.declared, maxWindow: MAX_WINDOW, now })
  }

  take(step: Step): void {
    const { server, client } = this
    const acks = this.#underWay
    if (step.do === 'wait') this.#now += step.n
    if (step.do === 'send') this.send(step.n)
    if (step.do === 'arrive') this.arrive(step.n)
    if (step.do === 'process') this.process(step.n)
    if (step.do === 'ack' || (step.do === 'ack when due' && client.ackDueInMs === 0)) acks.push(client.ack())
    if (step.do === 'forge') server.ack(step.ack)
    if (acks.length === 0) return
    // Any of them may be the next: that is the reordering.
    if (step.do === 'deliver') server.ack(acks.splice(step.n % acks.length, 1)[0]!)
    if (step.do === 'lose') acks.splice(step.n % acks.length, 1)
    if (step.do === 'repeat') acks.push(acks[step.n % acks.length]!)
  }

  send(n = TOTAL): void {
    const last = Math.min(this.server.limit, this.#sent + n, TOTAL)
    while (this.#sent < last) this.#line.push(++this.#sent)
    this.server.sent(last)
  }

  arrive(n = TOTAL): void {
    this.#arrived.push(...this.#line.splice(0, n))
    if (this.#arrived.length > 0) this.client.received(this.#arrived.at(-1)!)
  }

  process(n = TOTAL): void {
    for (const chunkId of this.#arrived.splice(0, n)) {
      this.processed.push(chunkId)
      this.client.processed(chunkId)
    }
  }

  /** Everything that can happen without an ack does. */
  settle(): void {
    this.send()
    this.arrive()
    this.process()
  }

  /** The next ack that is due, if one ever is, gets through. */
  ackWhenDue(): void {
    expect(this.client.ackDueInMs).toBeLessThanOrEqual(2000)
    this.#now += this.client.ackDueInMs
    expect(this.server.ack(this.client.ack()).kind).not.toBe('refused')
  }
}

function check(crossing: Crossing, steps: readonly Step[], isHonest: boolean): void {
  const { server, client } = crossing
  let [serverLimit, clientLimit] = [server.limit, client.limit]
  for (const step of steps) {
    crossing.take(step)
    const { outstanding } = server.stats
    expect(server.limit).toBeGreaterThanOrEqual(serverLimit)
    expect(client.limit).toBeGreaterThanOrEqual(clientLimit)
    expect(outstanding).toBeLessThanOrEqual(MAX_WINDOW)
    // One that is outstanding at least, or room for it.
    expect(outstanding > 0 || !server.isUsedUp).toBe(true)
    if (isHonest) expect(server.limit).toBeLessThanOrEqual(client.limit)
    serverLimit = server.limit
    clientLimit = client.limit
  }
}

const inOrder = Array.from({ length: TOTAL }, (_, index) => index + 1)

test('everything arrives in order when one ack of the last ones gets through, whatever became of the others', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 6, arbitrary: honest }, forgery), { maxLength: 150 }),
      windows,
      (steps, bounds) => {
        const crossing = new Crossing(bounds)
        check(crossing, steps, false)
        while (crossing.processed.length < TOTAL) {
          const before = crossing.processed.length
          crossing.server.ack(crossing.client.ack())
          crossing.settle()
          expect(crossing.processed.length).toBeGreaterThan(before)
        }
        expect(crossing.processed).toEqual(inOrder)
      },
    ),
    RUNS,
  )
})

test('the server never sends what the viewer has not allowed', () => {
  fc.assert(
    fc.property(fc.array(honest, { maxLength: 150 }), windows, (steps, bounds) => {
      check(new Crossing(bounds), steps, true)
    }),
    RUNS,
  )
})

test('an ack that somebody waits for is due within two seconds, so a line that loses none needs no repetition', () => {
  const lossless = honest.filter(
    ({ do: what }) => what !== 'lose' && what !== 'ack' && what !== 'ack when due',
  )
  fc.assert(
    fc.property(fc.array(lossless, { maxLength: 60 }), windows, (steps, bounds) => {
      const crossing = new Crossing(bounds)
      check(crossing, steps, true)
      crossing.settle()
      while (crossing.processed.length < TOTAL) {
        crossing.ackWhenDue()
        crossing.settle()
      }
      expect(crossing.processed).toEqual(inOrder)
    }),
    RUNS,
  )
})
