import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startNginx } from '@sluice/programs/nginx'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { readSettings } from '../../src/server/settings.ts'
import { startServer } from './support/server.ts'
import { readEvents, textOf, Visitor } from './support/visitor.ts'

const demo = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const repository = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url))
const read = (path: string) => readFileSync(demo(path), 'utf8')

interface Service {
  readonly image: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: object
  readonly restart?: string
  readonly init?: boolean
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}

const compose = parse(read('compose.yaml'), { merge: true }) as Compose
const { nginx, redis, ...instances } = compose.services
const config = read('nginx.conf')

/** The Dockerfile's instructions, those that go over several lines joined. */
const instructions = read('Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? []
    return { name, rest }
  })
const all = (name: string) => instructions.filter((each) => each.name === name).map(({ rest }) => rest)

/** The environment variables that the settings read. */
function settingsRead(): Set<string> {
  const names = new Set<string>()
  const env = new Proxy<Record<string, string | undefined>>(
    {},
    {
      get(_, name) {
        names.add(String(name))
        return undefined
      },
    },
  )
  readSettings(env)
  return names
}

/** The environment variables that the Dockerfile sets for the process. */
const imageEnv = Object.fromEntries(
  all('ENV').flatMap((line) => line.split(/\s+/).map((pair) => pair.split('=') as [string, string])),
)

test('what the Dockerfile copies is there, and in the context', () => {
  const copied = all('COPY').filter((rest) => !rest.includes('--from='))
  const sources = copied.flatMap((rest) => rest.split(/\s+/).slice(0, -1))
  expect(sources).toContain('pnpm-lock.yaml')
  for (const source of sources) expect([source, existsSync(repository(source))]).toEqual([source, true])
  // BuildKit takes this one before the context's own.
  const ignored = read('Dockerfile.dockerignore').split('\n')
  for (const source of sources) expect(ignored).not.toContain(source)
})

test('the image builds with the pnpm and the Node of the repository', () => {
  const { packageManager } = JSON.parse(readFileSync(repository('package.json'), 'utf8')) as {
    packageManager: string
  }
  expect(all('RUN')).toContain(`npm install --global ${packageManager}`)
  for (const from of all('FROM')) expect(from).toMatch(/^node:24-/)
})

test('the process is not root, ends by the signal that it understands, and says how it is', () => {
  expect(all('USER')).toEqual(['node'])
  expect(all('STOPSIGNAL')).toEqual(['SIGTERM'])
  expect(all('CMD')).toEqual(['["node", "dist/server/main.js"]'])
  expect(all('HEALTHCHECK')[0]).toContain('/health/live')
  expect(all('EXPOSE')).toEqual([imageEnv.PORT])
  expect(all('VOLUME')).toEqual([imageEnv.DATA_DIR])
})

test('every variable of image and compose file is a setting', () => {
  const known = settingsRead()
  const { NODE_ENV, ...image } = imageEnv
  expect(NODE_ENV).toBe('production')
  const names = Object.values(instances).flatMap(({ environment = {} }) => Object.keys(environment))
  for (const name of [...Object.keys(image), ...names]) expect([name, known.has(name)]).toEqual([name, true])
  for (const { environment = {} } of Object.values(instances)) {
    // As compose hands it on if nothing is set outside.
    const plain = Object.entries(environment).map(([name, value]) => [
      name,
      value.replace(/^\$\{\w+:-(.*)\}$/, '$1'),
    ])
    expect(() => readSettings({ ...image, ...Object.fromEntries(plain) })).not.toThrow()
  }
})

test('visitors cannot kill an instance unless it was asked for', () => {
  for (const { environment = {} } of Object.values(instances))
    expect(environment.LAB_KILL).toMatch(/^\$\{LAB_KILL:-0\}$/)
})

test('every setting is in the README', () => {
  for (const name of settingsRead()) expect(read('README.md')).toContain(`\`${name}\``)
})

test('two instances share Redis and the database, and are started anew when they die', () => {
  expect(Object.keys(instances)).toHaveLength(2)
  for (const { build, environment = {}, restart, init, depends_on: needs = {} } of Object.values(instances)) {
    expect(existsSync(demo(`${build!.context}/${build!.dockerfile}`))).toBe(true)
    expect(environment.REDIS_URL).toBe('redis://redis:6379')
    expect(needs).toEqual({ redis: { condition: 'service_healthy' } })
    expect({ restart, init }).toEqual({ restart: 'always', init: true })
  }
  const names = Object.values(instances).map(({ environment }) => environment!.INSTANCE)
  expect(new Set(names).size).toBe(2)
  expect(redis!.healthcheck).toBeDefined()
  const volumes = Object.values(instances).flatMap(({ volumes: mounts = [] }) => mounts)
  expect(new Set(volumes)).toEqual(new Set([`data:${imageEnv.DATA_DIR}`]))
  expect(Object.keys(compose.volumes)).toEqual(['data'])
})

test('nginx stands in front of both, at the port that is published', () => {
  const upstreams = [...config.matchAll(/^\s*server (\S+):(\d+) /gm)].map(([, host, port]) => ({
    host,
    port,
  }))
  expect(upstreams).toEqual(Object.keys(instances).map((host) => ({ host, port: imageEnv.PORT })))
  const listen = /listen (\d+);/.exec(config)![1]
  expect(nginx!.ports).toEqual([`\${BIND:-127.0.0.1}:8080:${listen}`])
  expect(nginx!.volumes).toEqual(['./nginx.conf:/etc/nginx/nginx.conf:ro'])
  expect(Object.keys(nginx!.depends_on!)).toEqual(Object.keys(instances))
  for (const { environment } of Object.values(instances)) expect(environment!.TRUST_PROXY).toBe('1')
})

test('through this nginx, streams flow, cookies are Secure where TLS ends before it, and metrics stay inside', async () => {
  const { url, port, model } = await startServer({ trustProxy: 1 })
  const { url: proxy, stop } = await startNginx((folder, listen) =>
    config
      .replaceAll(/demo-[ab]:3000/g, `127.0.0.1:${port}`)
      .replaceAll('/tmp/', `${folder}/`)
      .replace(/listen \d+;/, `listen 127.0.0.1:${listen};`)
      .replace('error_log /dev/stderr warn;', ''),
  )
  onTestFinished(stop)
  const ann = await Visitor.arrive(proxy)
  const asked = await ann.begin('Explain Dijkstra')
  const events = await readEvents(await ann.start(asked, { origin: proxy, accept: 'text/event-stream' }))
  expect(textOf(events)).toBe(model.answerFor('Explain Dijkstra'))

  const upgraded = new WebSocket(`${proxy.replace('http', 'ws')}/streams/ws`, 'sluice.v1')
  const code = await new Promise((resolve) => {
    upgraded.onclose = (event) => resolve(event.code)
  })
  // Without a cookie: an answer that only the server can have given.
  expect(code).toBe(4501)

  const secure = await fetch(`${proxy}/api/me`, { headers: { 'x-forwarded-proto': 'https' } })
  expect(secure.headers.getSetCookie()[0]).toContain('Secure')
  for (const path of ['/metrics', '/health/ready']) {
    expect((await fetch(proxy + path)).status).toBe(404)
    expect((await fetch(url + path)).status).toBe(200)
  }
})
