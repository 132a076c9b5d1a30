import { expect, test } from 'vitest'
import { chooseNode } from './node.mjs'
import { SetupError } from './say.mjs'

const bundled = { path: '/bundled/node', version: 'v24.1.0' }
const absent = { path: '/bundled/node', version: undefined }
const old = { path: '/own/node', version: 'v20.20.2' }
const recent = { path: '/own/node', version: 'v22.18.0' }
const atLeast = '22.12.0'

test('the bundled Node is taken if it runs, however old the own one is', () => {
  expect(chooseNode({ bundled, own: old, prefersOwn: false, atLeast })).toBe(bundled)
})

test('the own Node is taken if the bundled one does not run', () => {
  expect(chooseNode({ bundled: absent, own: recent, prefersOwn: false, atLeast })).toBe(recent)
})

test('the own Node is taken if that is asked for', () => {
  expect(chooseNode({ bundled, own: recent, prefersOwn: true, atLeast })).toBe(recent)
})

test('a Node that is too old is refused with what to do about it', () => {
  const choose = () => chooseNode({ bundled: absent, own: old, prefersOwn: false, atLeast })
  expect(choose).toThrow(SetupError)
  expect(choose).toThrow(/needs Node 22\.12\.0 or newer, and found v20\.20\.2.*nodejs\.org/)
})
