import { characterEntities } from 'character-entities'
import { expect, test } from 'vitest'
import { entityTable } from '../src/inlines/entity-table.ts'
import { everything, renderPieces } from './support/dom.ts'
import { packEntities } from './support/entity-table.ts'

test('the table is the packed list', () => {
  expect(entityTable).toBe(packEntities())
})

test('each of the 2,125 references is decoded', () => {
  const names = Object.keys(characterEntities)
  expect(names).toHaveLength(2125)
  const text = renderPieces([`x${names.map((name) => `&${name};`).join('x')}x`], everything).textContent
  expect(text).toBe(`x${Object.values(characterEntities).join('x')}x`)
})
