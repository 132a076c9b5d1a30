import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import Fastify, { type FastifyInstance } from 'fastify'
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import { type Test, test } from 'tap'
import * as v from 'valibot'
import { z } from 'zod'
import fastifySse, { type FastifySseOptions, streamReply } from '../src/index.ts'

// The routes in the OpenAPI document of real plugins.

async function* run(): AsyncGenerator<string> {
  yield 'done'
}

const securitySchemes = { cookie: { type: 'apiKey', name: 'session', in: 'cookie' } } as const

type Operation = Readonly<Record<string, unknown>> & { readonly operationId?: string }
type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }

const chat = defineStream({ input: z.object({ prompt: z.string() }), run })

/** A hub with definitions whose inputs are described in different libraries. */
function hubOf(streams: Parameters<typeof createHub>[0]['streams'] = { chat }) {
  return createHub({ streams, log: memoryLog() })
}

interface ServerOptions extends Partial<FastifySseOptions> {
  readonly transform?: NonNullable<FastifyDynamicSwaggerOptions['transform']>
  readonly before?: (app: FastifyInstance) => void
  readonly after?: (app: FastifyInstance) => void | Promise<void>
}

async function documentOf(t: Test, options: ServerOptions = {}): Promise<Document> {
  const { transform, before, after, ...plugin } = options
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(swagger, {
    openapi: { components: { securitySchemes } },
    ...(transform === undefined ? {} : { transform }),
  })
  before?.(app)
  await app.register(fastifySse, { hub: hubOf(), prefix: '/streams', owner: false, ...plugin })
  await after?.(app)
  await app.ready()
  return app.swagger() as unknown as Document
}

const operationsOf = ({ paths }: Document): Operation[] => Object.values(paths).flatMap(Object.values)

test('each operation has an id of its own and its definition’s tag', async (t) => {
  const document = await documentOf(t, {
    after: async (app) => {
      await app.register(fastifySse, { hub: hubOf(), prefix: '/more', owner: false })
    },
  })
  t.same(
    operationsOf(document)
      .map(({ operationId }) => operationId)
      .sort(),
    [
      'chat_cancel',
      'chat_cancelByKey',
      'chat_cancelByKey_2',
      'chat_cancel_2',
      'chat_latest',
      'chat_latest_2',
      'chat_resume',
      'chat_resume_2',
      'chat_start',
      'chat_start_2',
    ],
  )
  for (const { tags } of operationsOf(document)) t.same(tags, ['chat'])
})

test('the application completes the schemas of a definition', async (t) => {
  const body = { type: 'object', properties: { mine: { type: 'string' } } }
  const document = await documentOf(t, {
    routes: { chat: { schema: { tags: ['Answers'], security: [{ cookie: [] }], body } } },
  })
  for (const operation of operationsOf(document)) {
    t.match(operation, { tags: ['Answers'], security: [{ cookie: [] }], summary: /./ })
  }
  const { post, delete: byKey } = document.paths['/streams/chat']!
  t.match(post, { requestBody: { content: { 'application/json': { schema: body } } } })
  t.equal(byKey!.requestBody, undefined)
})

test('or changes each by itself', async (t) => {
  const document = await documentOf(t, {
    routes: {
      chat: {
        schema: ({ action, stream, schema }) => ({
          ...schema,
          hide: action === 'cancelByKey',
          operationId: `${action}Of${stream}`,
        }),
      },
    },
  })
  t.same(
    operationsOf(document)
      .map(({ operationId }) => operationId)
      .sort(),
    ['cancelOfchat', 'latestOfchat', 'resumeOfchat', 'startOfchat'],
  )
})

test('`hide` keeps a definition out of the document, and its routes still work', async (t) => {
  const hub = hubOf({ chat, secret: chat })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(swagger, { openapi: {} })
  await app.register(fastifySse, { hub, owner: false, routes: { secret: { hide: true } } })
  await app.ready()
  t.same(Object.keys((app.swagger() as unknown as Document).paths).sort(), ['/chat', '/chat/{streamId}'])
  t.equal((await app.inject({ method: 'POST', url: '/secret', payload: { prompt: 'x' } })).statusCode, 200)
})

test('a schema and a `hide` that cannot work are refused at start', async (t) => {
  for (const [route, message] of [
    [{ hide: 'yes' }, /routes\.chat\.hide has to be true or false, and is 'yes'/],
    [{ schema: 'x' }, /routes\.chat\.schema has to be a schema, or a function/],
  ] as const) {
    const app = Fastify()
    app.register(fastifySse, { hub: hubOf(), owner: false, routes: { chat: route } } as never)
    await t.rejects(async () => await app.ready(), { code: 'FST_ERR_SLUICE_OPTION', message })
  }
})

test('a start has a body, whatever library its input is described in', async (t) => {
  const prompt = { properties: { prompt: { type: 'string' } }, required: ['prompt'] }
  const valibot = v.object({ prompt: v.string() })
  const inputs = {
    zod: [z.object({ prompt: z.string() }), prompt],
    valibotWithJsonSchema: [toStandardJsonSchema(valibot), prompt],
    valibot: [valibot, { description: /not known/ }],
    transformed: [z.object({ prompt: z.string().transform(Number) }), prompt],
    inexpressible: [z.object({ at: z.date() }), { description: /not known/ }],
  } as const
  const streams = Object.fromEntries(
    Object.entries(inputs).map(([name, [input]]) => [name, defineStream({ input, run })]),
  )
  const document = await documentOf(t, { hub: hubOf(streams) })
  for (const [name, [, schema]] of Object.entries(inputs)) {
    const { post } = document.paths[`/streams/${name}`]!
    t.match(post, { requestBody: { required: true, content: { 'application/json': { schema } } } }, name)
  }
})

test('Valibot with its JSON Schema still validates', async (t) => {
  const ask = defineStream({ input: toStandardJsonSchema(v.object({ prompt: v.string() })), run })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifySse, { hub: hubOf({ ask }), owner: false })
  const start = (payload: object) => app.inject({ method: 'POST', url: '/ask', payload })
  t.match(await start({ prompt: 'x' }), { statusCode: 200, body: /done/ })
  t.match((await start({ prompt: 5 })).json(), { statusCode: 400, issues: [{ path: ['prompt'] }] })
})

test('fastify-type-provider-zod documents its routes, and leaves ours as they are', async (t) => {
  const document = await documentOf(t, {
    transform: (document) =>
      document.url.startsWith('/streams/') ? document : jsonSchemaTransform(document),
    before: (app) => {
      app.setValidatorCompiler(validatorCompiler)
      app.setSerializerCompiler(serializerCompiler)
    },
    after: async (app) => {
      const schema = { body: z.object({ name: z.string() }), response: { 200: z.object({ id: z.number() }) } }
      app.withTypeProvider<ZodTypeProvider>().post('/own', { schema }, async () => ({ id: 1 }))
      await app.register(streamReply, { hub: hubOf(), owner: false })
      app.post('/countdown', { schema: { hide: true } }, (_request, reply) => reply.stream(run))
    },
  })
  t.same(Object.keys(document.paths).sort(), ['/own', '/streams/chat', '/streams/chat/{streamId}'])
  t.match(document.paths['/own']!.post, { requestBody: { content: { 'application/json': {} } } })
  t.match(document.paths['/streams/chat']!.post, {
    requestBody: { content: { 'application/json': { schema: { required: ['prompt'] } } } },
    responses: { 200: { content: { 'text/event-stream': {} } }, '4XX': {} },
  })
})

test('a route of reply.stream is documented by the schema of its own', async (t) => {
  const events = {
    description: 'The events.',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  }
  const schema = { tags: ['Numbers'], operationId: 'countdown', response: { 200: events } }
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(swagger, { openapi: {} })
  await app.register(streamReply, { hub: hubOf(), owner: false })
  app.post('/countdown', { schema }, (_request, reply) => reply.stream(run))
  const response = await app.inject({ method: 'POST', url: '/countdown' })
  t.match(response, { statusCode: 200, body: /done/ })
  t.match((app.swagger() as unknown as Document).paths['/countdown']!.post, {
    tags: ['Numbers'],
    operationId: 'countdown',
    responses: { 200: { content: { 'text/event-stream': {} } } },
  })
})
