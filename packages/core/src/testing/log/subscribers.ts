import assert from 'node:assert/strict'
import type { LogReader, LogSubscriber } from '../../server/log/log.ts'
import { encodeText } from '../../server/run/encode.ts'
import { settle } from '../settle.ts'
import { appendTexts, deaf, type Must, numbered, reaches, terminal } from './subject.ts'

export function defineSubscriberCases(must: Must): void {
  must('calls back after an append, when the event can be read', async ({ create, open }) => {
    const writer = await create()
    const reader = await open(writer)
    const seen = whenAppended(reader, () => reader.last)
    writer.append(encodeText('content_chunk', 1, 'x'))
    assert.equal(await seen, 1)
  })

  must('calls back for the terminal event too', async ({ create, open }) => {
    const writer = await create()
    const reader = await open(writer)
    const ended = whenAppended(reader, () => reader.ended)
    writer.end(terminal(1))
    assert.equal(await ended, true)
  })

  must('never calls an unsubscribed listener, and still calls the others', async ({ create, open }) => {
    const writer = await create()
    const reader = await open(writer)
    const gone = new Counter()
    const here = new Counter()
    const unsubscribe = reader.subscribe(gone)
    reader.subscribe(here)
    await appendTexts(writer, ['a'])
    await reaches(reader, 1)
    const before = gone.calls
    assert.ok(before >= 1)
    unsubscribe()
    unsubscribe()
    writer.append(encodeText('content_chunk', 2, 'b'))
    await reaches(reader, 2)
    await settle()
    assert.equal(gone.calls, before)
    assert.ok(here.calls > before)
  })

  must('lets a subscriber unsubscribe while it is called', async ({ create, open }) => {
    const writer = await create()
    const reader = await open(writer)
    const once = new Counter(() => unsubscribe())
    const unsubscribe = reader.subscribe(once)
    await appendTexts(writer, numbered(3))
    await reaches(reader, 3)
    await settle()
    assert.equal(once.calls, 1)
  })
}

class Counter implements LogSubscriber {
  calls = 0
  readonly #then: () => void

  constructor(then: () => void = () => {}) {
    this.#then = then
  }

  appended(): void {
    this.calls += 1
    this.#then()
  }

  evicted(): void {}
}

function whenAppended<T>(reader: LogReader, look: () => T): Promise<T> {
  return new Promise((resolve) => {
    reader.subscribe({ ...deaf, appended: () => resolve(look()) })
  })
}
