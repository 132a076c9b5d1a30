import { PassThrough } from 'node:stream'
import fastify from 'fastify'
import { expect, test } from 'vitest'
import { readableLines } from './log-lines.ts'

test('a line says when, how bad, what, and why', () => {
  const out = new PassThrough({ encoding: 'utf8' })
  const app = fastify({ logger: { level: 'warn', stream: readableLines(out) } })
  app.log.warn('careful')
  app.log.error({ err: new TypeError('no such thing'), streamId: 'x' }, 'it failed')
  app.log.info('not of interest')
  expect(out.read()).toMatch(
    /^\d\d:\d\d:\d\d warn – careful\n\d\d:\d\d:\d\d error – it failed – TypeError: no such thing\n$/,
  )
})
