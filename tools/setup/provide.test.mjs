import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import { find, missing } from './provide.mjs'
import { SetupError } from './say.mjs'

const part = {
  name: 'Grinder',
  purpose: 'the coffee',
  env: 'GRINDER_PATH',
  names: ['grinder', 'mill'],
  places: ['/opt/grinder'],
  advice: { linux: 'apt-get install grinder', darwin: 'brew install grinder' },
}
const only = (...paths) => ({ isProgram: (path) => paths.includes(path) })
const PATH = ['/usr/bin', '/bin'].join(delimiter)
const onPath = join('/bin', process.platform === 'win32' ? 'mill.exe' : 'mill')

test('what the environment names comes first', () => {
  expect(find(part, { env: { PATH, GRINDER_PATH: '/my/grinder' }, ...only('/my/grinder', onPath) })).toBe(
    '/my/grinder',
  )
})

test('what the environment names and is not there is an error, not a reason to look elsewhere', () => {
  expect(() => find(part, { env: { PATH, GRINDER_PATH: '/my/grinder' }, ...only(onPath) })).toThrow(
    SetupError,
  )
})

test('the path comes before the usual places', () => {
  expect(find(part, { env: { PATH }, ...only(onPath, '/opt/grinder') })).toBe(onPath)
  expect(find(part, { env: { PATH }, ...only('/opt/grinder') })).toBe('/opt/grinder')
  expect(find(part, { env: { PATH }, ...only() })).toBeUndefined()
})

test('what is missing is told with the way to get it on this system', () => {
  expect(missing(part, 'darwin')).toContain('brew install grinder')
  expect(missing(part, 'linux')).toContain('apt-get install grinder')
  expect(missing(part, 'freebsd')).toContain('apt-get install grinder')
  expect(missing(part, 'linux')).toContain('GRINDER_PATH')
})
