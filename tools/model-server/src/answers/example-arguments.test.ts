import { expect, test } from 'vitest'
import { exampleArguments } from './example-arguments.ts'

test.each([
  [
    { type: 'object', properties: { a: { type: 'string' }, b: { type: 'number' } } },
    { a: 'why?', b: 42 },
  ],
  [{ properties: { a: { type: ['boolean', 'null'] }, b: { type: 'null' } } }, { a: true, b: null }],
  [
    { properties: { a: { const: 7 }, b: { default: 'x' }, c: { enum: ['p', 'q'] } } },
    { a: 7, b: 'x', c: 'p' },
  ],
  [{ type: 'array', items: { type: 'string' } }, ['why?']],
  [undefined, {}],
  ['nonsense', {}],
])('%j gives %j', (schema, expected) => {
  expect(exampleArguments(schema, 'why?')).toEqual(expected)
})
