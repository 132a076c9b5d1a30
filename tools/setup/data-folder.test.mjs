import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { dataFolder, usable } from './data-folder.mjs'

test('the demo keeps its data in a folder of the user, one for each port', () => {
  expect(dataFolder({}, 'linux', '/home/ada')).toBe('/home/ada/.local/share/sluice-demo')
  expect(dataFolder({ XDG_DATA_HOME: '/data', PORT: '3000' }, 'linux', '/home/ada')).toBe('/data/sluice-demo')
  expect(dataFolder({ PORT: '3001' }, 'darwin', '/Users/ada')).toBe(
    '/Users/ada/Library/Application Support/sluice-demo-3001',
  )
  expect(dataFolder({ LOCALAPPDATA: '/local' }, 'win32', '/home/ada')).toBe('/local/sluice-demo')
})

test('a folder that cannot be made is none, and the data is in memory', () => {
  const home = mkdtempSync(join(tmpdir(), 'sluice-data-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  expect(usable(join(home, 'new', 'folder'))).toBe(join(home, 'new', 'folder'))
  expect(statSync(join(home, 'new', 'folder')).mode & 0o777).toBe(0o700)
  writeFileSync(join(home, 'file'), '')
  expect(usable(join(home, 'file', 'below'))).toBe('memory')
})
