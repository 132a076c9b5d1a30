import { expect, test } from 'vitest'
import { readSettings } from './settings.ts'
import { StartError } from './start-error.ts'

test('without anything set, the local model server answers on port 3000', () => {
  expect(readSettings({})).toEqual({
    host: 'localhost',
    port: 3000,
    logLevel: 'warn',
    model: { source: 'local', model: 'gpt-5-mini' },
    dataDir: undefined,
    sessionSecret: undefined,
    redisUrl: undefined,
    leaseMs: 15_000,
    instance: 'demo',
    trustProxy: 0,
    isKillable: false,
    budget: { perVisitor: Infinity, inAll: Infinity },
    hostNames: ['localhost'],
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

test('what instances share, and who stands in front of them, is set too', () => {
  const secret = '0123456789abcdef0123456789abcdef'
  expect(
    readSettings({
      DATA_DIR: '/srv/demo',
      SESSION_SECRET: secret,
      REDIS_URL: 'rediss://redis:6380',
      LEASE_MS: '2000',
      INSTANCE: 'a',
      TRUST_PROXY: '1',
      LAB_KILL: '1',
    }),
  ).toMatchObject({
    dataDir: '/srv/demo',
    sessionSecret: secret,
    redisUrl: 'rediss://redis:6380',
    leaseMs: 2_000,
    instance: 'a',
    trustProxy: 1,
    isKillable: true,
  })
})

test('a provider that somebody pays has a budget, unless it is taken away by name', () => {
  const paid = { perVisitor: 100_000, inAll: 1_000_000 }
  expect(readSettings({ OPENAI_API_KEY: 'sk-1' }).budget).toEqual(paid)
  expect(readSettings({ OPENAI_BASE_URL: 'https://gateway.example/v1' }).budget).toEqual(paid)
  const own = { OPENAI_API_KEY: 'sk-1', TOKENS_PER_VISITOR: '500', TOKENS_IN_ALL: 'unlimited' }
  expect(readSettings(own).budget).toEqual({ perVisitor: 500, inAll: Infinity })
})

test('the names of the server are its own, and those that are named', () => {
  const names = (env: Record<string, string>) => readSettings(env).hostNames
  expect(names({ HOST: '0.0.0.0' })).toEqual([])
  expect(names({ HOST: '::1' })).toEqual([])
  expect(names({ HOST: 'demo.lan', ALLOWED_HOSTS: 'Demo.Example.org, .example.net,' })).toEqual([
    'demo.lan',
    'demo.example.org',
    '.example.net',
  ])
})

test('what is secret is not said in an error', () => {
  const password = () => readSettings({ REDIS_URL: 'http://:hunter2@redis' })
  expect(password).toThrow('REDIS_URL')
  expect(password).not.toThrow('hunter2')
  const short = () => readSettings({ SESSION_SECRET: 'tooshort' })
  expect(short).toThrow('SESSION_SECRET')
  expect(short).not.toThrow('tooshort')
})

test.each([
  ['LEASE_MS', '10'],
  ['TRUST_PROXY', 'yes'],
  ['LAB_KILL', '2'],
  ['TOKENS_PER_VISITOR', '0'],
  ['TOKENS_IN_ALL', 'none'],
  ['ALLOWED_HOSTS', 'https://demo.example.org'],
  ['ALLOWED_HOSTS', 'demo.example.org:8080'],
  ['ALLOWED_HOSTS', '*'],
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
