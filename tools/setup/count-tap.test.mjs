import { expect, test } from 'vitest'
import { countTap } from './count-tap.mjs'

const report = (...lines) => lines.join('\n')

test('each test() that holds no other is one, however many assertions it makes', () => {
  const text = report(
    'TAP version 14',
    '# Subtest: src/frame.test.ts',
    '    # Subtest: one',
    '        ok 1 - should be equal',
    '        ok 2 - should be equal',
    '        1..2',
    '    ok 1 - one # time=4.122ms',
    '    ',
    '    # Subtest: two',
    '        # Subtest: inner',
    '            ok 1 - should be equal',
    '            1..1',
    '        ok 1 - inner # time=1.422ms',
    '        ',
    '        # Subtest: inner, with no assertion',
    '            1..0',
    '        ok 2 - inner, with no assertion # time=0.428ms',
    '        ',
    '        1..2',
    '    ok 2 - two # time=3.253ms',
    '    ',
    '    1..2',
    'ok 1 - src/frame.test.ts # time=34.552ms',
    '1..1',
  )
  expect(countTap(text)).toEqual({ passed: 3, failed: 0 })
})

test('a failed test is one, and its diagnostics are not read as tests', () => {
  const text = report(
    '# Subtest: src/frame.test.ts',
    '    # Subtest: good',
    '        ok 1 - should be equal',
    '        1..1',
    '    ok 1 - good',
    '    # Subtest: bad',
    '        not ok 1 - should be equal',
    '          ---',
    '          source: |',
    '            not ok 7 - text of the test itself',
    '          ...',
    '        not ok 2 - should be equal',
    '        1..2',
    '    not ok 2 - bad # time=13.693ms',
    '      ---',
    '      at: src/frame.test.ts',
    '      ...',
    '    1..2',
    'not ok 1 - src/frame.test.ts # time=34.552ms',
  )
  expect(countTap(text)).toEqual({ passed: 1, failed: 1 })
})

test('skipped and todo tests are neither', () => {
  const text = report(
    '# Subtest: src/frame.test.ts',
    '    ok 1 - later # SKIP why',
    '    not ok 2 - some day # TODO',
    '    # Subtest: now',
    '        1..0',
    '    ok 3 - now',
    'ok 1 - src/frame.test.ts',
  )
  expect(countTap(text)).toEqual({ passed: 1, failed: 0 })
})

test('a file of bare assertions is one test', () => {
  const text = report(
    '# Subtest: a.test.ts',
    '    ok 1',
    '    not ok 2 - boom',
    '    1..2',
    'not ok 1 - a.test.ts',
  )
  expect(countTap(text)).toEqual({ passed: 0, failed: 1 })
})

test('what fails beside the tests is one more', () => {
  const crashed = report(
    '# Subtest: a.test.ts',
    '    # Subtest: one',
    '        1..0',
    '    ok 1 - one',
    '    not ok 2 - boom',
    'not ok 1 - a.test.ts',
  )
  expect(countTap(crashed)).toEqual({ passed: 1, failed: 1 })

  const killed = report(
    '# Subtest: a.test.ts',
    '    # Subtest: one',
    '    ok 1 - one',
    'not ok 1 - a.test.ts',
  )
  expect(countTap(killed)).toEqual({ passed: 1, failed: 1 })

  expect(countTap('Bail out! no database')).toEqual({ passed: 0, failed: 1 })
})

test('subtests in braces count the same', () => {
  const text = report(
    'ok 1 - a.test.ts # time=5ms {',
    '    ok 1 - one {',
    '        ok 1 - should be equal',
    '        1..1',
    '    }',
    '    not ok 2 - two {',
    '        not ok 1 - should be equal',
    '        1..1',
    '    }',
    '    1..2',
    '}',
  )
  expect(countTap(text)).toEqual({ passed: 1, failed: 1 })
})
