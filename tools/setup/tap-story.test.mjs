import { expect, test } from 'vitest'
import { tellTap } from './tap-story.mjs'

const told = (...lines) => lines.flatMap(tellTap())

test('a file that passes is a line', () => {
  expect(
    told(
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
      'ok 2 - src/other.test.ts # time=34.552ms',
    ),
  ).toEqual(['✓ src/frame.test.ts (3 tests)', '✓ src/other.test.ts (1 test)'])
})

test('a failure is told once, with where it stands and what was different', () => {
  expect(
    told(
      '# Subtest: src/frame.test.ts',
      '    # Subtest: outer',
      '        # Subtest: inner',
      '            not ok 1 - should be equal',
      '              ---',
      '              diff: |',
      '                not ok 2 - not a test',
      '              ...',
      '            1..1',
      '        not ok 1 - inner # time=1ms',
      '          ---',
      '          at: somewhere',
      '          ...',
      '    not ok 1 - outer # time=2ms',
      '    # Subtest: one that hangs',
      '    not ok 2 - one that hangs # time=60000ms',
      '      ---',
      '      expired: true',
      '      ...',
      'not ok 1 - src/frame.test.ts # time=3ms',
      '  ---',
      '  exitCode: 1',
      '  ...',
    ),
  ).toEqual([
    '✗ src/frame.test.ts › outer › inner › should be equal',
    '              diff: |',
    '                not ok 2 - not a test',
    '✗ src/frame.test.ts › one that hangs',
    '      expired: true',
  ])
})

test('a file that fails by itself is told with why', () => {
  expect(
    told('# Subtest: a.test.ts', '    1..0', 'not ok 1 - a.test.ts', '  ---', '  exitCode: 1', '  ...'),
  ).toEqual(['✗ a.test.ts', '  exitCode: 1'])
})
