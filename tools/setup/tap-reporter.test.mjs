import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import TapReporter from './tap-reporter.mjs'

/** The reporter's output and counts for a report. */
async function report(...lines) {
  let counts
  const reporter = new TapReporter((found) => {
    counts = found
  })
  const [first, ...rest] = `${lines.join('\n')}\n`
  reporter.write(first)
  // In two pieces, as a report comes in pieces that end anywhere.
  reporter.end(rest.join(''))
  return { printed: await text(reporter), counts }
}

test('each test() that holds no other is one, however many assertions it makes', async () => {
  const { counts } = await report(
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
  expect(counts).toEqual({ passed: 3, failed: 0 })
})

test('a failed test is one, and its diagnostics are not read as tests', async () => {
  const { counts } = await report(
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
    '1..1',
  )
  expect(counts).toEqual({ passed: 1, failed: 1 })
})

test('skipped and todo tests are neither', async () => {
  const { counts } = await report(
    '# Subtest: src/frame.test.ts',
    '    ok 1 - later # SKIP why',
    '    not ok 2 - some day # TODO',
    '    # Subtest: now',
    '        1..0',
    '    ok 3 - now',
    '    1..3',
    'ok 1 - src/frame.test.ts',
    '1..1',
  )
  expect(counts).toEqual({ passed: 1, failed: 0 })
})

test('a file of bare assertions is one test', async () => {
  const { counts } = await report(
    '# Subtest: a.test.ts',
    '    ok 1',
    '    not ok 2 - boom',
    '    1..2',
    'not ok 1 - a.test.ts',
    '1..1',
  )
  expect(counts).toEqual({ passed: 0, failed: 1 })
})

test('what fails beside the tests is one more', async () => {
  const crashed = await report(
    '# Subtest: a.test.ts',
    '    # Subtest: one',
    '        1..0',
    '    ok 1 - one',
    '    not ok 2 - boom',
    'not ok 1 - a.test.ts',
    '1..1',
  )
  expect(crashed.counts).toEqual({ passed: 1, failed: 1 })

  const killed = await report(
    '# Subtest: a.test.ts',
    '    # Subtest: one',
    '        1..0',
    '    ok 1 - one',
    'not ok 1 - a.test.ts',
    '1..1',
  )
  expect(killed.counts).toEqual({ passed: 1, failed: 1 })

  const bailed = await report('Bail out! no database')
  expect(bailed.counts).toEqual({ passed: 0, failed: 1 })
})

test('subtests in braces count the same', async () => {
  const { counts } = await report(
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
    '1..1',
  )
  expect(counts).toEqual({ passed: 1, failed: 1 })
})

test('a file that passes is a line', async () => {
  const { printed } = await report(
    'TAP version 14',
    '# Subtest: src/frame.test.ts',
    '    # Subtest: one',
    '        ok 1 - should be equal',
    '        1..1',
    '    ok 1 - one # time=4.122ms',
    '    ok 2 - later # SKIP why',
    '    not ok 3 - some day # TODO',
    '    1..3',
    'ok 1 - src/frame.test.ts # time=34.552ms',
    '# Subtest: src/other.test.ts',
    '    ok 1 - one',
    '    1..1',
    'ok 2 - src/other.test.ts # time=34.552ms',
    '1..2',
  )
  expect(printed).toBe('✓ src/frame.test.ts (1 passed)\n✓ src/other.test.ts (1 passed)\n')
})

test('a failure is printed once, with its place and its difference', async () => {
  const { printed } = await report(
    'TAP version 14',
    '# Subtest: src/frame.test.ts',
    '    # Subtest: outer',
    '        # Subtest: inner',
    '            not ok 1 - should be equal',
    '              ---',
    '              diff: |',
    '                not ok 2 - not a test',
    '                +b',
    '              ...',
    '            1..1',
    '        not ok 1 - inner # time=1ms',
    '          ---',
    '          at: somewhere',
    '          ...',
    '        1..1',
    '    not ok 1 - outer # time=2ms',
    '    # Subtest: one that hangs',
    '    not ok 2 - one that hangs # time=60000ms',
    '      ---',
    '      expired: true',
    '      ...',
    '    1..2',
    'not ok 1 - src/frame.test.ts # time=3ms',
    '  ---',
    '  exitCode: 1',
    '  ...',
    '1..1',
  )
  expect(printed).toBe(
    [
      '✗ src/frame.test.ts › outer › inner › should be equal',
      '    diff: ',
      '      not ok 2 - not a test',
      '      +b',
      '✗ src/frame.test.ts › one that hangs',
      '    expired: true',
      '',
    ].join('\n'),
  )
})

test('a file that fails by itself is printed with the reason', async () => {
  const { printed } = await report(
    '# Subtest: a.test.ts',
    '    1..0',
    'not ok 1 - a.test.ts',
    '  ---',
    '  exitCode: 1',
    '  ...',
    '1..1',
  )
  expect(printed).toBe('✗ a.test.ts\n    exitCode: 1\n')
})
