import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endEvent, newRecord, silentProducer, textEvent } from '../../../test/fixtures.ts'
import { StreamingError } from '../../errors.ts'
import { settle } from '../../testing/index.ts'
import { HeldMemory, type HeldMemoryOptions } from './held-memory.ts'
import { HeldWriter } from './held-writer.ts'
import type { EventRange } from './segments.ts'

const KiB = 1024
const NO_BOUND = Number.POSITIVE_INFINITY

/** A store that is written behind: a test says when it has confirmed what. */
class Behind extends HeldWriter {
  timesTaken = 0
  readonly trims: number[] = []
  readonly ends: string[] = []

  confirm(last: number): void {
    this.show(last)
  }

  lose(error: StreamingError): void {
    this.lost(error)
  }

  protected override taken(): void {
    this.timesTaken += 1
  }

  protected override trimmed(): void {
    this.trims.push(this.first)
  }

  protected override closed(how: 'ended' | 'lost'): void {
    this.ends.push(how)
  }
}

function newBehind(options: HeldMemoryOptions = {}, memory = new HeldMemory('test', options)) {
  const writer = new Behind(memory, newRecord())
  const append = (text: string): number => writer.append(textEvent(writer.next, text))
  return { memory, writer, append }
}

async function textsOf(writer: HeldWriter, after: number): Promise<string[]> {
  const found: string[] = []
  if (after >= writer.last) return found
  const range: EventRange = await writer.read(after, NO_BOUND, NO_BOUND)
  range.forEach((_chunkId, json) => {
    found.push(json.toString())
  })
  return found
}

describe('a stream whose store confirms later', () => {
  test('shows an event, and its end, once it is confirmed', async () => {
    const { writer, append } = newBehind()
    let told = 0
    writer.subscribe({ appended: () => told++, evicted() {} })
    append('a')
    writer.end(endEvent(2))
    expect([writer.next, writer.last, writer.ended, writer.endId, told]).toEqual([3, 0, false, 2, 0])
    writer.confirm(1)
    expect([writer.last, writer.ended, told, await textsOf(writer, 0)]).toEqual([
      1,
      false,
      1,
      [textEvent(1, 'a')],
    ])
    writer.confirm(2)
    writer.confirm(2)
    expect([writer.last, writer.ended, told, writer.ends]).toEqual([2, true, 2, ['ended']])
  })

  test('takes nothing after its terminal event, confirmed or not', () => {
    const { writer } = newBehind()
    writer.end(endEvent(1))
    expect(() => writer.append(textEvent(2, 'late'))).toThrow(StreamingError)
    expect(() => writer.appendText('content_chunk', 'late')).toThrow(StreamingError)
    expect(() => writer.end(endEvent(2))).toThrow(StreamingError)
    expect(writer.next).toBe(2)
  })

  test('is full while the store has too much to confirm, and tells the producer at half of it', () => {
    const { writer, append } = newBehind({ maxUnconfirmedBytes: 1000 })
    let progressed = 0
    writer.setProducer({ ...silentProducer, progressed: () => progressed++ })
    while (!writer.full) append('x'.repeat(50))
    const { next } = writer
    expect(writer.canTrim(next)).toBe(false)
    writer.confirm(1)
    expect([writer.full, progressed]).toEqual([false, 0])
    append('x'.repeat(50))
    expect(writer.full).toBe(true)
    writer.confirm(next - 1)
    expect([writer.full, progressed]).toEqual([false, 1])
  })

  test('frees its margin once all that can be seen is passed, though more waits to be confirmed', () => {
    const { writer, append } = newBehind({ maxStreamBytes: 8 * KiB })
    append('small')
    append('x'.repeat(8 * KiB))
    writer.confirm(2)
    append('not seen')
    expect([writer.full, writer.canTrim(2)]).toEqual([true, true])
    writer.trim(3)
    expect([writer.full, writer.first, writer.last, writer.trims]).toEqual([false, 3, 2, [3]])
  })

  test('resolves when all is confirmed, and also when it never will be', async () => {
    const { writer, append } = newBehind()
    await writer.confirmed()
    append('a')
    let isConfirmed = false
    const first = writer.confirmed().then(() => {
      isConfirmed = true
    })
    append('b')
    writer.confirm(1)
    await settle()
    expect(isConfirmed).toBe(false)
    writer.confirm(2)
    await first
    append('c')
    const second = writer.confirmed()
    writer.lose(new StreamingError('producer_lost'))
    await second
  })

  test('tells the producer once that it is lost, takes what still comes, and keeps no byte of it', () => {
    const { memory, writer, append } = newBehind()
    const errors: string[] = []
    writer.setProducer({
      ...silentProducer,
      fail({ type }) {
        errors.push(type)
        writer.end(endEvent(writer.next))
      },
    })
    append('a')
    for (const _ of 'twice') writer.lose(new StreamingError('producer_lost'))
    expect([append('b'), memory.bytes, writer.isOpen, writer.ended]).toEqual([0, 0, false, false])
    writer.confirm(1)
    expect([writer.last, errors, writer.ends]).toEqual([0, ['producer_lost'], ['lost']])
  })

  test('tells a cancel once, also a producer that is set after it, and none after the end', async () => {
    const { writer } = newBehind()
    const reasons: string[] = []
    writer.cancel('early')
    writer.cancel('again')
    writer.setProducer({ ...silentProducer, cancel: (reason) => reasons.push(reason) })
    expect(reasons).toEqual([])
    await settle()
    expect(reasons).toEqual(['early'])
    const { writer: ended } = newBehind()
    ended.setProducer({ ...silentProducer, cancel: (reason) => reasons.push(reason) })
    ended.end(endEvent(1))
    ended.cancel('late')
    expect(reasons).toEqual(['early'])
  })

  test('does not read what the store alone might have', () => {
    const { writer, append } = newBehind({ maxStreamBytes: 4 * KiB, resumeMarginBytes: 0 })
    while (!writer.full) append('x'.repeat(50))
    writer.confirm(writer.next - 1)
    writer.trim(writer.last - 1)
    expect(writer.first).toBeGreaterThan(1)
    expect(() => writer.read(0, NO_BOUND, NO_BOUND)).toThrow(
      expect.objectContaining({ type: 'resume_expired' }),
    )
  })
})

describe('all streams of a log', () => {
  test('are told one by one that there is memory again, until it is used up', async () => {
    const memory = new HeldMemory('test', { maxStreamBytes: 4 * KiB, maxBytes: 8 * KiB })
    const [large, ...others] = Array.from({ length: 3 }, () => newBehind({}, memory))
    const told: number[] = []
    for (const [index, { writer, append }] of others.entries()) {
      append('x')
      writer.setProducer({
        ...silentProducer,
        progressed() {
          told.push(index)
          while (!memory.full) append('x'.repeat(1000))
        },
      })
    }
    while (!memory.full) large!.append('x'.repeat(1000))
    large!.writer.confirm(large!.writer.next - 1)
    expect(others.map(({ writer }) => writer.full)).toEqual([true, true])
    large!.writer.trim(large!.writer.last)
    await settle()
    expect(told).toEqual([0])
  })

  test('free what the log can do without before it is full', () => {
    let freed = 0
    const memory: HeldMemory = new HeldMemory('test', {
      maxStreamBytes: 4 * KiB,
      maxBytes: 4 * KiB,
      onFull: () => {
        freed += 1
        if (freed === 2) memory.account(-KiB)
      },
    })
    memory.account(4 * KiB)
    expect([memory.full, memory.full, memory.bytes]).toEqual([true, false, 3 * KiB])
  })
})

/** One step of a schedule. */
type Step =
  | { readonly do: 'append'; readonly text: string }
  | { readonly do: 'confirm'; readonly share: number }
  | { readonly do: 'trim'; readonly share: number }

const share = fc.double({ min: 0, max: 1, noNaN: true })
const steps = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }).map((text): Step => ({ do: 'append', text })),
  fc.constant<Step>({ do: 'append', text: 'x'.repeat(6000) }),
  share.map((of): Step => ({ do: 'confirm', share: of })),
  share.map((of): Step => ({ do: 'trim', share: of })),
)

test('whatever is appended, confirmed and trimmed: seen is a run of what is confirmed, and all bytes are counted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(steps, { maxLength: 80 }),
      fc.record({
        maxStreamBytes: fc.integer({ min: 4 * KiB, max: 32 * KiB }),
        resumeMarginBytes: fc.integer({ min: 0, max: 8 * KiB }),
        maxUnconfirmedBytes: fc.integer({ min: KiB, max: 8 * KiB }),
      }),
      async (schedule, bounds) => {
        const { memory, writer, append } = newBehind({ ...bounds, maxBytes: 48 * KiB })
        const events: string[] = []
        let confirmed = 0
        for (const step of schedule) {
          if (step.do === 'append') {
            events.push(textEvent(writer.next, step.text))
            expect(append(step.text)).toBe(Buffer.byteLength(events.at(-1)!))
          } else if (step.do === 'confirm') {
            confirmed = Math.max(confirmed, Math.round(step.share * events.length))
            writer.confirm(confirmed)
          } else {
            const [passed, before] = [Math.round(step.share * events.length), writer.first]
            const canTrim = writer.canTrim(passed)
            writer.trim(passed)
            expect(writer.first > before).toBe(canTrim)
            expect(writer.first).toBeLessThanOrEqual(Math.min(passed, confirmed) + 1)
            expect(writer.canTrim(passed)).toBe(false)
          }
          expect([writer.last, writer.next]).toEqual([confirmed, events.length + 1])
          expect(await textsOf(writer, writer.first - 1)).toEqual(events.slice(writer.first - 1, confirmed))
          const unconfirmed = events.slice(confirmed).reduce((sum, json) => sum + Buffer.byteLength(json), 0)
          const isFull = unconfirmed >= bounds.maxUnconfirmedBytes || memory.full
          expect(writer.full).toBe(isFull || memory.bytes >= bounds.maxStreamBytes)
          expect(memory.bytes).toBe(writer.byteLength)
        }
        writer.evict()
      },
    ),
    { numRuns: 300 },
  )
})
