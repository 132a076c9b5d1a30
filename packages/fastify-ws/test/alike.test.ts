import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import fastifySse from '@sluice/fastify-sse'
import fc from 'fast-check'
import Fastify, { type FastifyInstance, type FastifyPluginCallback } from 'fastify'
import { test } from 'tap'
import { z } from 'zod'
import fastifyWs from '../src/index.ts'

// What both plugins take is decided in one place. These properties hold them to it from outside.

const chat = defineStream({ input: z.object({ prompt: z.string() }), run: async function* () {} })
const hub = createHub({ streams: { chat }, log: memoryLog() })

const plugins: Readonly<Record<string, FastifyPluginCallback<never>>> = {
  sse: fastifySse,
  ws: fastifyWs,
}

/** The same question to both plugins; their answers, by plugin. */
async function ofBoth<Answer>(ask: (plugin: FastifyPluginCallback<never>, name: string) => Promise<Answer>) {
  const [sse, ws] = await Promise.all(
    Object.entries(plugins).map(async ([name, plugin]) => await ask(plugin, name)),
  )
  return { sse, ws }
}

const SHARED = [
  'heartbeatMs',
  'retryMs',
  'stallMs',
  'flushMs',
  'highWaterMark',
  'allowedOrigins',
  'allowMissingOrigin',
  'allowNullOrigin',
  'owner',
  'authorize',
  'context',
] as const

const anyValue = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    0,
    -0,
    -1,
    1,
    0.5,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 53,
    '1',
    'https://app.example',
    true,
    false,
    [],
    ['null'],
    ['https://app.example'],
    [5],
    {},
  ),
  fc.integer(),
  fc.double(),
  fc.string(),
  fc.constant(() => undefined),
)

/** What a plugin says of its options: nothing, or the code and message of its refusal. */
async function registered(plugin: FastifyPluginCallback<never>, options: object): Promise<string> {
  const app = Fastify()
  app.register(plugin, { hub, ...options } as never)
  try {
    await app.ready()
    return 'registered'
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: string }
    return `${code} ${message}`
  } finally {
    await app.close().catch(() => {})
  }
}

test('both plugins take and refuse the same values of the options that they share, in the same words', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...SHARED), anyValue, async (name, value) => {
      const { sse, ws } = await ofBoth((plugin) => registered(plugin, { [name]: value }))
      t.equal(sse, ws, `${name}: ${String(value)}`)
    }),
    { numRuns: 300 },
  )
})

interface OriginOptions {
  readonly allowedOrigins?: readonly string[] | true
  readonly allowMissingOrigin?: boolean
  readonly allowNullOrigin?: boolean
}

const anOrigin = fc.constantFrom(
  undefined,
  'null',
  'https://app.example',
  'http://app.example',
  'https://app.example:8443',
  'https://elsewhere.example',
  'no origin',
  '',
)
const origins = fc.oneof(
  fc.constant(true as const),
  fc.subarray(['null', 'https://app.example', 'https://elsewhere.example']),
)
const originOptions: fc.Arbitrary<OriginOptions> = fc.record(
  { allowedOrigins: origins, allowMissingOrigin: fc.boolean(), allowNullOrigin: fc.boolean() },
  { requiredKeys: [] },
)

/** A request that both take if its origin may come in, as far as the origin goes. */
async function asked(app: FastifyInstance, name: string, headers: Record<string, string>): Promise<boolean> {
  const request =
    name === 'sse'
      ? ({ method: 'POST', url: '/chat', payload: { prompt: 'hello' } } as const)
      : ({ method: 'GET', url: '/ws' } as const)
  const { statusCode } = await app.inject({ ...request, headers })
  return statusCode !== 403
}

test('both plugins let the same origins in', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      originOptions,
      anOrigin,
      fc.constantFrom('app.example', 'app.example:8443', 'elsewhere.example'),
      async (options, origin, host) => {
        const headers = { host, ...(origin === undefined ? {} : { origin }) }
        const { sse, ws } = await ofBoth(async (plugin, name) => {
          const app = Fastify()
          app.register(plugin, { hub, ...options } as never)
          const isIn = await asked(app, name, headers)
          await app.close()
          return isIn
        })
        t.equal(sse, ws, JSON.stringify({ options, origin, host }))
      },
    ),
    { numRuns: 200 },
  )
})

test('an origin that is listed, or one of all, comes in, `null` too', async (t) => {
  const cases = [
    { options: { allowedOrigins: true }, origin: 'null', isIn: true },
    { options: { allowedOrigins: ['null'] }, origin: 'null', isIn: true },
    { options: { allowNullOrigin: true }, origin: 'null', isIn: true },
    { options: {}, origin: 'null', isIn: false },
    { options: { allowMissingOrigin: false }, origin: undefined, isIn: false },
    { options: {}, origin: undefined, isIn: true },
    { options: {}, origin: 'https://app.example', isIn: true },
    { options: {}, origin: 'https://app.example:8443', isIn: false },
    { options: {}, origin: 'https://app.example.evil', isIn: false },
  ] as const
  for (const { options, origin, isIn } of cases) {
    const answers = await ofBoth(async (plugin, name) => {
      const app = Fastify()
      app.register(plugin, { hub, ...options } as never)
      const headers = { host: 'app.example', ...(origin === undefined ? {} : { origin }) }
      const answer = await asked(app, name, headers)
      await app.close()
      return answer
    })
    t.same(answers, { sse: isIn, ws: isIn }, JSON.stringify({ options, origin }))
  }
})
