import { describe, expect, test } from 'vitest'
import { SlowLog } from '../../../test/model/slow-log.ts'
import type { LogReader, LogWriter, StreamLog } from '../../server/log/log.ts'
import { memoryLog } from '../../server/log/memory-log.ts'
import { manualClock } from '../manual-clock.ts'
import { type LogFactory, testLog } from './test-log.ts'

type Change<T> = (of: T) => Partial<T>

/** The names of the cases that a log fails. */
async function failures(factory: LogFactory, patienceMs = 50): Promise<string[]> {
  const cases: { name: string; run: () => Promise<void> }[] = []
  testLog('a log', factory, {
    describe: (_name, define) => define(),
    test: (name, run) => cases.push({ name, run }),
  })
  const failed: string[] = []
  for (const { name, run } of cases) {
    const isOver = Promise.withResolvers<void>()
    // A case that waits for what never comes has failed as well.
    const patience = setTimeout(() => isOver.reject(new Error('timeout')), patienceMs)
    await Promise.race([run(), isOver.promise]).catch(() => failed.push(name))
    clearTimeout(patience)
  }
  return failed
}

/** Replaces some of an object's members, and leaves the others as they are. */
function changed<T extends object>(of: T, change: Change<T>): T {
  const changes = change(of)
  return new Proxy(of, {
    get(target, name) {
      if (Object.hasOwn(changes, name)) return Reflect.get(changes, name)
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' && !name.toString().startsWith('on') ? value.bind(target) : value
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  })
}

function broken(changeLog: Change<StreamLog>, changeStream: Change<LogWriter> = () => ({})): LogFactory {
  return (bounds) => {
    const clock = manualClock()
    const memory = memoryLog({ ...bounds, clock })
    const log = changed<StreamLog>(memory, (of) => ({
      create: async (record) => {
        const creation = await of.create(record)
        if (creation.outcome !== 'created') return creation
        return { outcome: 'created', writer: changed(creation.writer, changeStream) }
      },
      open: async (id) => {
        const reader = await of.open(id)
        return reader && changed<LogReader>(reader, changeStream as Change<LogReader>)
      },
      ...changeLog(of),
    }))
    return { log, pass: (ms) => clock.advance(ms) }
  }
}

describe('testLog', () => {
  test('finds nothing wrong with a log that is as it should be', async () => {
    expect(
      await failures(
        broken(() => ({})),
        1000,
      ),
    ).toEqual([])
  })

  test('nor with one that answers later, and shows an event later than it takes it', async () => {
    const factory: LogFactory = (bounds) => {
      const clock = manualClock()
      return { log: new SlowLog(memoryLog({ ...bounds, clock })), pass: (ms) => clock.advance(ms) }
    }
    expect(await failures(factory, 1000)).toEqual([])
  })

  test.each<[string, string, LogFactory]>([
    [
      'forgets events',
      'keeps append order, numbers events from 1 without a gap, and changes no byte',
      stream((of) => ({ append: (json) => (of.last === 4 ? 0 : of.append(json)) })),
    ],
    [
      'changes text',
      'changes no byte',
      stream((of) => ({ append: (json) => of.append(json.normalize('NFKD')) })),
    ],
    [
      'reads too far',
      'not beyond `through`',
      stream((of) => ({ read: (after, _through, bytes) => of.read(after, 1e9, bytes) })),
    ],
    [
      'minds no maxBytes',
      'as many events as fit into `maxBytes`',
      stream((of) => ({ read: (after, through) => of.read(after, through, 1e9) })),
    ],
    [
      'repeats an event',
      'reads after a cursor',
      stream((of) => ({ read: (after, to, bytes) => of.read(Math.max(0, after - 1), to, bytes) })),
    ],
    ['never says that it is full', 'is full at its bound', stream(() => ({ full: false }))],
    [
      'trims without being asked',
      'is not trimmed by itself',
      stream((of) => ({
        append: (json) => {
          const bytes = of.append(json)
          of.trim(of.last)
          return bytes
        },
      })),
    ],
    [
      'keeps no margin',
      'keeps a margin of passed events',
      (bounds) => {
        const clock = manualClock()
        return { log: memoryLog({ ...bounds, resumeMarginBytes: 0, clock }), pass: (ms) => clock.advance(ms) }
      },
    ],
    ['trims nothing', 'has room after a trim', stream(() => ({ trim: () => {}, canTrim: () => false }))],
    ['promises to trim what it cannot', 'says by `canTrim`', stream(() => ({ canTrim: () => true }))],
    ['calls nobody back', 'calls back after an append', stream(() => ({ subscribe: () => () => {} }))],
    [
      'calls back who has gone',
      'never calls an unsubscribed listener',
      stream((of) => ({
        subscribe: (subscriber) => {
          of.subscribe(subscriber)
          return () => {}
        },
      })),
    ],
    [
      'takes a key for everybody’s',
      'has a key for each owner',
      broken((of) => ({ openByKey: (scope) => of.openByKey({ ...scope, owner: 'ada' }) })),
    ],
    ['loses refusals', 'refuses the start of a key', broken(() => ({ refuseKey: () => undefined }))],
    ['tells nobody of a cancel', 'tells the writer to stop', broken(() => ({ requestCancel: () => {} }))],
    [
      'tells a wrong reason',
      'and why',
      broken((of) => ({ requestCancel: (id) => of.requestCancel(id, 'whatever') })),
    ],
    [
      'finds streams that are not there',
      'knows nothing of an id that was never created',
      broken((of) => ({ open: async (id) => (await of.open(id)) ?? ({} as LogReader) })),
    ],
    [
      'lists everybody’s streams',
      'and nobody else’s',
      broken((of) => ({ list: async () => [...(await of.list('ada')), ...(await of.list('bob'))] })),
    ],
    [
      'lists everybody’s threads',
      'keeps the threads of owners apart',
      broken((of) => ({ listThread: ({ thread }) => of.listThread({ owner: 'ada', thread }) })),
    ],
    [
      'lists a thread backwards',
      'in the order in which they were created',
      broken((of) => ({ listThread: async (scope) => [...(await of.listThread(scope))].reverse() })),
    ],
    [
      'forgets what runs',
      'does not forget a stream that runs',
      broken((of) => ({ forget: () => of.close() })),
    ],
    ['forgets nothing', 'forgets an ended stream', broken(() => ({ forget: () => {} }))],
    [
      'evicts what runs',
      'and no other',
      broken((of) => ({
        evictEnded: () => {
          void of.close()
        },
      })),
    ],
    [
      'keeps ended streams for ever',
      'is discarded when its time is over',
      (bounds) => ({ log: memoryLog({ ...bounds, clock: manualClock() }), pass: () => {} }),
    ],
    [
      'takes events after the end',
      'takes nothing after the end',
      stream((of) => ({ append: (json) => (of.ended ? 0 : of.append(json)) })),
    ],
  ])('finds out a log that %s', async (_how, which, factory) => {
    const failed = await failures(factory)
    expect(failed.filter((name) => name.includes(which))).not.toEqual([])
  })
})

/** A log whose streams are changed. */
function stream(change: Change<LogWriter>): LogFactory {
  return broken(() => ({}), change)
}
