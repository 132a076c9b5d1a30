import { expect, test } from 'vitest'
import { pick, projectsWith } from './projects.mjs'

test('this project is among those with tests', () => {
  expect(projectsWith('test').map(({ name }) => name)).toContain('@sluice/setup')
  expect(projectsWith('no such script')).toEqual([])
})

test('projects are picked by name, with or without the scope', () => {
  const projects = [{ name: '@sluice/core' }, { name: '@sluice/client' }]
  expect(pick(projects, [])).toEqual(projects)
  expect(pick(projects, ['core'])).toEqual([{ name: '@sluice/core' }])
  expect(pick(projects, ['@sluice/client'])).toEqual([{ name: '@sluice/client' }])
  expect(() => pick(projects, ['corr'])).toThrow('No such project here: corr')
})
