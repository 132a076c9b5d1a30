import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Harness } from '../../../test/harness.ts'
import type { StreamingError } from '../../errors.ts'
import type { StreamDefinition } from './define-stream.ts'
import { validate } from './validate.ts'

/** Counts how often it is asked, and finds everything wrong. */
function strict() {
  const schema = z.object({ numbers: z.array(z.string()) })
  const asked: unknown[] = []
  const validate: (typeof schema)['~standard']['validate'] = (input) => {
    asked.push(input)
    return schema['~standard'].validate(input)
  }
  return { asked, input: { '~standard': { ...schema['~standard'], validate } } }
}

function start(input: unknown, definition: Partial<StreamDefinition> = {}) {
  return new Harness({ definition }).start({ input })
}

/** `[[[…]]]`, with the given depth. */
const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))

describe('an input that is too large', () => {
  test('is refused before its schema is asked', async () => {
    const { asked, input } = strict()
    const numbers = JSON.parse(`[${'0,'.repeat(499_999)}0]`) as number[]
    const began = process.cpuUsage()
    await expect(start({ numbers }, { input })).rejects.toMatchObject({
      type: 'invalid_request',
      status: 400,
      message: 'input: is of more than 20000 values',
    })
    expect(asked).toEqual([])
    expect(process.cpuUsage(began).user / 1000).toBeLessThan(500)
  })

  test('is refused by its depth, and not by a stack that is full', async () => {
    const { asked, input } = strict()
    for (const levels of [65, 10_000, 500_000]) {
      await expect(start(nested(levels), { input })).rejects.toMatchObject({
        type: 'invalid_request',
        status: 400,
        message: 'input: is more than 64 levels deep',
      })
    }
    expect(asked).toEqual([])
  })

  test('is measured in values of any kind, wherever they are', async () => {
    const definition = { inputLimits: { maxValues: 7, maxDepth: 3 } }
    await expect(start({ a: [1, 'b', null], c: { d: true } }, definition)).resolves.toBeDefined()
    await expect(start({ a: [1, 'b', null], c: { d: true, e: 0 } }, definition)).rejects.toThrow('7 values')
    await expect(start({ a: { b: { c: {} } } }, definition)).rejects.toThrow('3 levels')
  })

  test.each([undefined, null, 0, 'x'.repeat(1_000_000), { bytes: new Uint8Array(1_000_000) }])(
    'is not one value, however long: %#',
    async (input) => {
      await expect(start(input)).resolves.toBeDefined()
    },
  )
})

describe('an input with many mistakes', () => {
  test('has the first twenty told, and how many more there are', async () => {
    const { input } = strict()
    const refusal = start({ numbers: Array.from({ length: 1_000 }, () => 0) }, { input })
    await expect(refusal).rejects.toMatchObject({ type: 'invalid_request', context: { more_issues: 980 } })
    const { issues } = await refusal.catch((error) => error)
    expect(issues).toHaveLength(20)
    expect(issues[0].path).toEqual(['numbers', 0])
  })

  test('has few of them told without a word of others', async () => {
    const { input } = strict()
    const error = await start({ numbers: [0, 1] }, { input }).catch((error) => error)
    expect([error.issues.length, error.context]).toEqual([2, undefined])
  })

  test('is answered in little, though a schema repeats the input in each message', async () => {
    const input = z.string().refine(() => false, { error: ({ input }) => `not ${String(input)}` })
    const error = await start('x'.repeat(100_000), { input }).catch((error) => error)
    expect(JSON.stringify(error.toWire()).length).toBeLessThan(2_000)
  })

  test('is answered in little, though its own keys are in the path of each issue', async () => {
    const input = z.record(z.string(), z.array(z.string()))
    const error = await start({ ['k'.repeat(900_000)]: new Array(25).fill(0) }, { input }).catch(
      (error) => error,
    )
    expect(error.issues[0].path).toEqual([`${'k'.repeat(500)}…`, '…'])
    expect(JSON.stringify(error.toWire()).length).toBeLessThan(20_000)
  })

  test('is answered in at most 45 kB, whatever a schema says of it', async () => {
    const segment = fc.oneof(fc.string({ maxLength: 2_000 }), fc.integer())
    const issue = fc.record({
      path: fc.array(segment, { maxLength: 300 }),
      message: fc.string({ maxLength: 5_000 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(issue, { minLength: 1, maxLength: 40 }), async (issues) => {
        const input = { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues }) } } as const
        const error = await validate(input, 0).catch((error) => error)
        expect(JSON.stringify((error as StreamingError).toWire()).length).toBeLessThan(45_000)
      }),
      { numRuns: 30 },
    )
  })
})

test('a start that is refused anyway is not validated', async () => {
  const { asked, input } = strict()
  const harness = new Harness({ definition: { input }, hub: { limits: { maxStartsPerMinutePerOwner: 0 } } })
  await expect(harness.start({ owner: 'ann', input: 0 })).rejects.toMatchObject({ type: 'rate_limit' })
  await harness.hub.close()
  await expect(harness.start({ input: 0 })).rejects.toMatchObject({ type: 'shutting_down' })
  expect(asked).toEqual([])
})
