import { describe, expect, test } from 'vitest'
import type { Part } from '../parts.ts'
import type { RunContext } from '../server/definition/define-stream.ts'
import { type ScriptOptions, scriptedSource } from './scripted-source.ts'
import { settle } from './settle.ts'

function asked(options?: ScriptOptions) {
  const source = scriptedSource(options)
  const controller = new AbortController()
  const context = { signal: controller.signal, attempt: 0 } as RunContext
  const read = source.run(context)[Symbol.asyncIterator]()
  const attempt = source.attempts[0]!
  return { source, controller, context, read, attempt }
}

describe('scriptedSource', () => {
  test('says what it is told, in order, and waits for more', async () => {
    const { read, attempt } = asked()
    attempt.push('a', 'b')
    const parts: (Part | undefined)[] = []
    for (let count = 0; count < 2; count++) parts.push((await read.next()).value)
    expect(parts).toEqual(['a', 'b'])
    const next = read.next()
    attempt.push('c')
    expect(await next).toEqual({ done: false, value: 'c' })
  })

  test.each(['finish', 'end', 'fail'] as const)('ends by %s after what was said', async (how) => {
    const { read, attempt } = asked()
    attempt.push('a')
    if (how === 'fail') attempt.fail(new Error('no'))
    else attempt[how]()
    expect((await read.next()).value).toBe('a')
    if (how === 'finish') expect((await read.next()).value).toEqual({ type: 'finish', finishReason: 'stop' })
    if (how === 'fail') await expect(read.next()).rejects.toThrow('no')
    else expect((await read.next()).done).toBe(true)
    await attempt.ended
    expect(attempt.isEnded).toBe(true)
    expect(() => attempt.push('late')).toThrow(/told to end/)
  })

  test('hands out attempts in order, those that are to come too', async () => {
    const { source, context, attempt } = asked()
    expect(await source.asked()).toBe(attempt)
    const [second, third] = [source.asked(), source.asked()]
    source.run({ ...context, attempt: 1 })
    source.run({ ...context, attempt: 2 })
    expect([(await second).context.attempt, (await third).context.attempt]).toEqual([1, 2])
    expect(source.attempts).toHaveLength(3)
  })

  test('knows when everything has been taken', async () => {
    const { read, attempt } = asked()
    let isTaken = false
    attempt.push('a')
    void attempt.taken().then(() => {
      isTaken = true
    })
    await read.next()
    await settle()
    expect(isTaken).toBe(false)
    void read.next()
    await attempt.taken()
    await settle()
    expect(isTaken).toBe(true)
  })

  test('breaks off when it is aborted, what was not taken included', async () => {
    const { read, attempt, controller } = asked()
    attempt.push('a', 'b')
    await read.next()
    controller.abort(new Error('stop'))
    await attempt.aborted
    expect(attempt.isAborted).toBe(true)
    await expect(read.next()).rejects.toThrow('stop')
    await attempt.ended
  })

  test('breaks off while it is waited for', async () => {
    const { read, controller } = asked()
    const next = read.next()
    controller.abort(new Error('stop'))
    await expect(next).rejects.toThrow('stop')
  })

  test('that does not heed an abort talks on', async () => {
    const { read, attempt, controller } = asked({ heedsAbort: false })
    controller.abort()
    await attempt.aborted
    attempt.push('a')
    expect((await read.next()).value).toBe('a')
  })

  test('has ended when its reader returns', async () => {
    const { read, attempt } = asked()
    attempt.push('a', 'b')
    await read.next()
    await read.return?.()
    await Promise.all([attempt.ended, attempt.taken()])
    expect(attempt.isEnded).toBe(true)
  })
})
