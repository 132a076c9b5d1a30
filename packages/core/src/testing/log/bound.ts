import assert from 'node:assert/strict'
import { encodeText } from '../../server/run/encode.ts'
import { settle } from '../settle.ts'
import { appendTexts, BOUNDS, fill, type Must, NO_BOUND, reaches, texts } from './subject.ts'

export function defineBoundCases(must: Must): void {
  must('is full at its bound, and keeps what is appended still', async ({ create, open }) => {
    const writer = await create()
    const appended = await fill(writer)
    assert.equal(writer.full, true)
    const beyond = encodeText('content_chunk', appended.length + 1, 'beyond')
    writer.append(beyond)
    await reaches(writer, appended.length + 1)
    const reader = await open(writer)
    assert.deepEqual(texts(await reader.read(appended.length, NO_BOUND, NO_BOUND)), [beyond])
  })

  must('is not trimmed by itself', async ({ create }) => {
    const writer = await create()
    await fill(writer)
    assert.equal(writer.first, 1)
  })

  must('has room after a trim; `first` moves, and what is left is as it was', async ({ create, open }) => {
    const writer = await create()
    const appended = await fill(writer)
    const passed = Math.floor(appended.length / 2)
    writer.trim(passed)
    await settle()
    assert.equal(writer.full, false)
    const { first } = await open(writer)
    assert.ok(first > 1 && first <= passed + 1, `first is ${first}`)
    const left = await (await open(writer)).read(first - 1, NO_BOUND, NO_BOUND)
    assert.deepEqual(texts(left), appended.slice(first - 1))
  })

  must('keeps a margin of passed events, for viewers that reconnect', async ({ create, open }) => {
    const writer = await create()
    const appended = await fill(writer)
    const passed = Math.floor(appended.length * 0.75)
    writer.trim(passed)
    await settle()
    const { first } = await open(writer)
    assert.ok(first > 1, 'something was freed')
    const kept = appended.slice(first - 1, passed).reduce((sum, json) => sum + Buffer.byteLength(json), 0)
    assert.ok(kept >= BOUNDS.resumeMarginBytes * 0.9, `${kept} bytes were kept`)
  })

  must('says by `canTrim` what `trim` would do', async ({ create }) => {
    const writer = await create()
    const appended = await fill(writer)
    for (let passed = 0; passed <= appended.length; passed += 37) {
      const before = writer.first
      const couldTrim = writer.canTrim(passed)
      writer.trim(passed)
      await settle(1)
      assert.equal(writer.first > before, couldTrim, `at ${passed}`)
      assert.equal(writer.canTrim(passed), false, `nothing is left to trim at ${passed}`)
    }
  })

  must(
    'has room when every viewer has passed everything, however large the last event',
    async ({ create }) => {
      const writer = await create()
      const appended = await appendTexts(writer, ['small', 'x'.repeat(BOUNDS.maxStreamBytes)])
      assert.equal(writer.full, true)
      writer.trim(appended.length)
      await settle()
      assert.equal(writer.full, false)
    },
  )

  must('frees what viewers have passed, though they cannot see the last events yet', async ({ create }) => {
    const writer = await create()
    await appendTexts(writer, ['small', 'x'.repeat(BOUNDS.maxStreamBytes)])
    // A log that is shared may take its time to show this one.
    writer.append(encodeText('content_chunk', 3, 'not seen'))
    assert.equal(writer.full, true)
    assert.equal(writer.canTrim(writer.last), true)
    writer.trim(writer.last)
    assert.equal(writer.full, false)
  })

  must('continues after a trim at the same place', async ({ create, open }) => {
    const writer = await create()
    const { length } = await fill(writer)
    writer.trim(length)
    const next = encodeText('content_chunk', length + 1, 'next')
    writer.append(next)
    await reaches(writer, length + 1)
    const reader = await open(writer)
    assert.equal(reader.last, length + 1)
    assert.deepEqual(texts(await reader.read(length, NO_BOUND, NO_BOUND)), [next])
  })
}
