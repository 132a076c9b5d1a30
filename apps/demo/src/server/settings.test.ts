import { expect, test } from 'vitest'
import { readSettings } from './settings.ts'
import { StartError } from './start-error.ts'

test('without anything set, the local model server answers on port 3000', () => {
  expect(readSettings({})).toEqual({
    host: 'localhost',
    port: 3000,
    logLevel: 'warn',
    model: { source: 'local', model: 'gpt-5-mini' },
  })
})

test('what is set to nothing is not set', () => {
  expect(readSettings({ PORT: '', HOST: ' ', OPENAI_API_KEY: '', OPENAI_BASE_URL: '' })).toEqual(
    readSettings({}),
  )
})

test('a key asks OpenAI', () => {
  expect(readSettings({ OPENAI_API_KEY: 'sk-1', OPENAI_MODEL: 'gpt-5' }).model).toEqual({
    source: 'openai',
    model: 'gpt-5',
    apiKey: 'sk-1',
  })
})

test('a base URL asks that server, with a key or without', () => {
  const baseURL = 'http://localhost:11434/v1'
  expect(readSettings({ OPENAI_BASE_URL: baseURL }).model).toMatchObject({ source: 'compatible', baseURL })
  expect(readSettings({ OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: 'sk-1' }).model).toMatchObject({
    source: 'compatible',
    apiKey: 'sk-1',
  })
})

test.each([
  ['PORT', 'abc'],
  ['PORT', '-1'],
  ['PORT', '3000.5'],
  ['PORT', '65536'],
  ['LOG_LEVEL', 'loud'],
  ['OPENAI_BASE_URL', 'localhost:11434'],
  ['OPENAI_BASE_URL', 'nonsense'],
])('%s=%s is refused by name', (name, value) => {
  const read = () => readSettings({ [name]: value })
  expect(read).toThrow(StartError)
  expect(read).toThrow(`"${value}"`)
  expect(read).toThrow(name)
})
