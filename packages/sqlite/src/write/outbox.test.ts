import { StreamingError } from '@sluice/core'
import { silentLogger } from '@sluice/core/server'
import { manualClock } from '@sluice/core/testing'
import { expect, test, vi } from 'vitest'
import type { Batch, Reply } from '../threads/messages.ts'
import { Outbox } from './outbox.ts'

const FULL = { message: 'database or disk is full', errcode: 13 }
const BUSY = { message: 'database is locked', errcode: 5 }

/** An outbox whose file answers as the test says. */
function newOutbox() {
  const clock = manualClock()
  const batches: Batch[] = []
  const outages: StreamingError[] = []
  let answers: (reply: Reply) => void = () => {}
  const outbox = new Outbox(
    {
      path: 'nowhere',
      survives: 'process',
      maxOutageMs: 1000,
      clock,
      logger: silentLogger,
      onOutage: (error) => outages.push(error),
      onWritten() {},
      open: (answered) => {
        answers = answered
        return { send: (batch) => void batches.push(batch), close() {} }
      },
    },
    0,
  )
  const answer = (error?: Reply['error']): void => answers({ seq: batches.at(-1)!.seq, error })
  const forget = { do: 'forget', no: 1 } as const
  const sent = (count: number): Promise<void> => vi.waitFor(() => expect(batches).toHaveLength(count))
  return { clock, batches, outages, outbox, answer, forget, sent }
}

test('a change is written once, and told when it is in the file', async () => {
  const { outbox, batches, answer, forget, sent } = newOutbox()
  const changed = outbox.changed(forget)
  await sent(1)
  expect(batches).toEqual([{ seq: 1, entries: undefined, changes: [forget], journalFrom: undefined }])
  answer()
  await changed
  await outbox.quiet()
})

test('while the disk is full the same batch is tried again, and whatever comes meanwhile waits behind it', async () => {
  const { outbox, batches, answer, forget, clock, outages, sent } = newOutbox()
  const first = outbox.changed(forget)
  await sent(1)
  answer(FULL)
  expect(outbox.isFailing).toBe(true)
  const second = outbox.changed({ do: 'forget', no: 2 })
  clock.advance(250)
  expect(batches.map(({ seq }) => seq)).toEqual([1, 1])
  answer()
  await first
  expect(outbox.isFailing).toBe(false)
  await sent(3)
  expect(batches.at(-1)).toMatchObject({ seq: 2, changes: [{ no: 2 }] })
  answer()
  await second
  clock.advance(10_000)
  expect(outages).toEqual([])
})

test('after maxOutageMs nobody waits any more, and the batch is written all the same once there is space', async () => {
  const { outbox, batches, answer, forget, clock, outages, sent } = newOutbox()
  const refused = expect(outbox.changed(forget)).rejects.toThrow(StreamingError)
  await sent(1)
  answer(FULL)
  clock.advance(1000)
  await refused
  expect(outages).toMatchObject([{ type: 'connection_lost' }])
  answer()
  expect([outbox.isFailing, batches.at(-1)!.changes]).toEqual([false, [forget]])
})

test('a file that another thread has for a moment is no failure; one that is kept for long is', async () => {
  const { outbox, answer, forget, clock, sent } = newOutbox()
  void outbox.changed(forget).catch(() => {})
  await sent(1)
  answer(BUSY)
  expect(outbox.isFailing).toBe(false)
  await sent(2)
  clock.advance(6_000)
  answer(BUSY)
  expect(outbox.isFailing).toBe(true)
})
