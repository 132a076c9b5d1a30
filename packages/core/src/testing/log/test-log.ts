import type { MaybePromise } from '../../server/log/log.ts'
import { defineBoundCases } from './bound.ts'
import { defineCancelCases, defineEndCases } from './endings.ts'
import { defineEventCases } from './events.ts'
import { defineKeyCases } from './keys.ts'
import type { LogBounds, LogUnderTest } from './log-under-test.ts'
import { defineOwnerCases } from './owners.ts'
import { BOUNDS, type Must, Subject } from './subject.ts'
import { defineSubscriberCases } from './subscribers.ts'
import { defineThreadCases } from './threads.ts'

/** The part of a test runner that {@link testLog} needs: Vitest's, node:test's, Mocha's and tap's all fit. */
export interface TestRunner {
  describe(name: string, define: () => void): unknown
  test(name: string, run: () => Promise<void>): unknown
}

/** Makes an empty log with these bounds. */
export type LogFactory = (bounds: LogBounds) => MaybePromise<LogUnderTest>

/**
 * The conformance suite of a {@link StreamLog}: what the interface says that a log MUST do, case by case.
 * It asserts with `node:assert`, so it runs in any runner.
 *
 * @example
 * import { describe, test } from 'vitest'
 * testLog('memoryLog', (bounds) => {
 *   const clock = manualClock()
 *   return { log: memoryLog({ ...bounds, clock }), pass: (ms) => clock.advance(ms) }
 * }, { describe, test })
 */
export function testLog(name: string, factory: LogFactory, { describe, test }: TestRunner): void {
  const must: Must = (what, prove) =>
    void test(what, async () => {
      const subject = new Subject(await factory(BOUNDS))
      try {
        await prove(subject)
      } finally {
        await subject.close()
      }
    })

  describe(`${name} as a StreamLog`, () => {
    describe('events', () => defineEventCases(must))
    describe('subscribers', () => defineSubscriberCases(must))
    describe('the bound', () => defineBoundCases(must))
    describe('idempotency keys', () => defineKeyCases(must))
    describe('cancelling', () => defineCancelCases(must))
    describe('owners', () => defineOwnerCases(must))
    describe('threads', () => defineThreadCases(must))
    describe('the end', () => defineEndCases(must))
  })
}
