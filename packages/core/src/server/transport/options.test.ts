import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_TIMER_MS } from '../clock.ts'
import { checkedOptions, limitNumber, type OptionRule, time, wholeNumber } from './options.ts'

function isTaken(rule: OptionRule, value: unknown): boolean {
  try {
    checkedOptions({ option: value }, {}, { option: rule })
    return true
  } catch {
    return false
  }
}

test('a time is a number that a timer can wait', () => {
  for (const value of [1, 1.5, 15_000, MAX_TIMER_MS]) expect(isTaken(time(), value)).toBe(true)
  for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, MAX_TIMER_MS + 1, '1', null, 1n])
    expect(isTaken(time(), value)).toBe(false)
  expect(isTaken(time(0), 0)).toBe(true)
})

test('a number of bytes or things is whole; a limit may be Infinity', () => {
  for (const rule of [wholeNumber(), limitNumber]) {
    for (const value of [1, 65_536]) expect(isTaken(rule, value)).toBe(true)
    for (const value of [0, -1, 1.5, Number.NaN, '1', null, 2 ** 60]) expect(isTaken(rule, value)).toBe(false)
  }
  expect(isTaken(wholeNumber(), Number.POSITIVE_INFINITY)).toBe(false)
  expect(isTaken(limitNumber, Number.POSITIVE_INFINITY)).toBe(true)
})

test('an option that is undefined has its default; the refusal names the option, its rule and its value', () => {
  const rules = { stallMs: time(), maxViewers: limitNumber }
  const defaults = { stallMs: 5, maxViewers: 7 }
  expect(checkedOptions<Partial<typeof defaults>, typeof defaults>({}, defaults, rules)).toEqual(defaults)
  const given = { stallMs: undefined, maxViewers: 8 } as unknown as typeof defaults
  expect(checkedOptions(given, defaults, rules)).toEqual({ stallMs: 5, maxViewers: 8 })
  expect(() => checkedOptions({ stallMs: 0 }, {}, rules)).toThrow(
    `Sluice: stallMs has to be a number of at most ${MAX_TIMER_MS} and at least 1, and is 0.`,
  )
})

test('any value is told in the refusal, and none breaks it', () => {
  const never: OptionRule = { requirement: 'be refused', fits: () => false }
  fc.assert(
    fc.property(fc.anything(), (value) => {
      fc.pre(value !== undefined)
      expect(() => checkedOptions({ option: value }, {}, { option: never })).toThrow(/^Sluice: option has to/)
    }),
  )
})
