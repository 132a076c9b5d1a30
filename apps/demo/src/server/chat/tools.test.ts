import { expect, test } from 'vitest'
import { callTool, TOOL_PARAMS } from './tools.ts'

test('each tool tells the model what it takes, as JSON Schema', () => {
  expect(TOOL_PARAMS.map(({ function: { name } }) => name)).toEqual(['time_in', 'roll_dice'])
  expect(TOOL_PARAMS[0]).toMatchObject({
    type: 'function',
    function: {
      parameters: { type: 'object', properties: { city: { enum: expect.arrayContaining(['Tokyo']) } } },
    },
  })
})

test('a call is done', () => {
  const { rolls, sum } = callTool('roll_dice', '{"count":3,"sides":6}').output as {
    rolls: number[]
    sum: number
  }
  expect(rolls).toHaveLength(3)
  expect(sum).toBe(rolls[0]! + rolls[1]! + rolls[2]!)
  expect(callTool('time_in', '{"city":"Mumbai"}')).toMatchObject({
    output: { city: 'Mumbai' },
    isError: false,
  })
})

test.each([
  ['roll_dice', '{"count":1e9,"sides":6}', 'count'],
  ['roll_dice', '{"count":', 'object'],
  ['time_in', '{"city":"Atlantis"}', 'city'],
  ['toString', '{}', 'no tool'],
])('%s(%s) is told to the model as wrong', (name, json, what) => {
  expect(callTool(name, json)).toEqual({ output: { error: expect.stringContaining(what) }, isError: true })
})
