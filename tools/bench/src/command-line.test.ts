import { expect, test } from 'vitest'
import { readCommandLine } from './command-line.ts'

test('names, lists and numbers are read', () => {
  expect(
    readCommandLine([
      'servers',
      '--scenario',
      'burst,paced',
      '--only',
      'bare',
      '--rounds',
      '3',
      '--out',
      'x',
    ]),
  ).toEqual({
    names: ['servers'],
    scenarios: ['burst', 'paced'],
    only: ['bare'],
    without: undefined,
    rounds: 3,
    minutes: 5,
    profiles: undefined,
    out: 'x',
  })
})

test.each([[['--round', '3']], [['--rounds', 'many']], [['--minutes', '0']]])('%j is refused', (args) => {
  expect(() => readCommandLine(args)).toThrow(TypeError)
})
