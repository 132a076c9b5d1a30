import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findProgram } from './find.ts'

const program = {
  title: 'a kettle',
  variable: 'KETTLE_PATH',
  names: ['kettle', 'samovar'],
  places: [],
  install: 'apt-get install kettle',
}
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-programs-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function install(name: string): string {
  const path = join(folder, name)
  writeFileSync(path, '')
  chmodSync(path, 0o755)
  return path
}

test('the first on the path that can be run', () => {
  writeFileSync(join(folder, 'kettle'), '')
  mkdirSync(join(folder, 'folder', 'kettle'), { recursive: true })
  const samovar = install('samovar')
  const PATH = [join(folder, 'none'), join(folder, 'folder'), folder].join(delimiter)
  expect(findProgram(program, { PATH })).toBe(samovar)
})

test('what the variable says goes before it', () => {
  install('kettle')
  const other = install('other')
  expect(findProgram(program, { PATH: folder, KETTLE_PATH: other })).toBe(other)
})

test('what the variable says and cannot be run is an error, though there is another', () => {
  install('kettle')
  const env = { PATH: folder, KETTLE_PATH: join(folder, 'nowhere') }
  expect(() => findProgram(program, env)).toThrow(/^KETTLE_PATH names .*nowhere/)
})

test('one that is not on the path is found in the usual place of the system', () => {
  const place = install('other')
  expect(findProgram({ ...program, places: [join(folder, 'nowhere'), place] }, { PATH: folder })).toBe(place)
})

test('none is an error that says what to install', () => {
  expect(() => findProgram(program, { PATH: folder })).toThrow('apt-get install kettle')
})
