import { expect, test } from 'vitest'
import { stampOf } from './install.mjs'
import manifest from './package.json' with { type: 'json' }
import { findPnpm, pnpmVersion } from './pnpm.mjs'

test('the stamp changes with each of the files, and with the boundary between two', () => {
  const stamp = stampOf(['a: 1\n', 'b: 2\n'])
  expect(stampOf(['a: 1\n', 'b: 2\n'])).toBe(stamp)
  expect(stampOf(['a: 1\n', 'b: 3\n'])).not.toBe(stamp)
  expect(stampOf(['a: 1\nb', ': 2\n'])).not.toBe(stamp)
})

test('the pnpm that runs the scripts is the one that installs', () => {
  expect(manifest.devDependencies.pnpm).toBe(pnpmVersion())
})

test('a pnpm in another version is passed over for npx', () => {
  expect(findPnpm('0.0.1')).toEqual({ command: 'npx', args: ['--yes', 'pnpm@0.0.1'] })
})
