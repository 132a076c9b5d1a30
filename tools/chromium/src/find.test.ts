import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findChromium } from './find.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-chromium-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

test('the first on the path that can be run', () => {
  writeFileSync(join(folder, 'chromium'), '')
  writeFileSync(join(folder, 'google-chrome'), '')
  chmodSync(join(folder, 'google-chrome'), 0o755)
  const PATH = [join(folder, 'none'), folder].join(delimiter)
  expect(findChromium({ PATH }, [])).toBe(join(folder, 'google-chrome'))
})

test('what the variable says goes before it', () => {
  expect(findChromium({ PATH: folder, CHROMIUM_PATH: '/opt/chrome' }, [])).toBe('/opt/chrome')
})

test('none is an error that says what to install', () => {
  expect(() => findChromium({ PATH: folder }, [join(folder, 'nowhere')])).toThrow('apt-get install chromium')
})
