import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { projects, root } from './workspace.ts'

// Rules about imports fail in silence when a pattern is wrong: they just stop matching. So each is broken here once,
// in a copy of the workspace that holds its manifests and these files only.
const refused = [
  ['packages/core/src/state.ts', 'node:crypto'],
  ['packages/core/src/state.ts', 'crypto'],
  ['packages/core/src/state.ts', './server/index.ts'],
  ['packages/core/src/nested/state.ts', '../server/index.ts'],
  ['packages/core/src/state.ts', './openai/index.ts'],
  ['packages/core/src/state.ts', './testing/index.ts'],
  ['packages/core/src/state.ts', 'openai'],
  ['packages/core/src/state.ts', 'zod'],
  ['packages/core/src/server/hub/hub.ts', '../../openai/index.ts'],
  ['packages/core/src/server/hub/hub.ts', '../../testing/index.ts'],
  ['packages/core/src/server/hub/hub.ts', 'openai'],
  ['packages/core/src/server/hub/hub.ts', 'openai/resources'],
  ['packages/core/src/server/hub/hub.ts', 'fastify'],
  ['packages/core/src/server/hub/hub.ts', '@sluice/fastify-sse'],
  ['packages/core/src/server/hub/hub.ts', '@sluice/model-server'],
  ['packages/core/src/server/hub/hub.ts', '../transport/index.ts'],
  ['packages/core/src/server/run/run.ts', '../transport/origin.ts'],
  ['packages/core/src/server/transport/origin.ts', 'fastify'],
  ['packages/core/src/server/transport/origin.ts', '../../openai/index.ts'],
  ['packages/core/src/state.ts', './gemini/index.ts'],
  ['packages/core/src/state.ts', '@anthropic-ai/sdk'],
  ['packages/core/src/server/hub/hub.ts', '../../anthropic/index.ts'],
  ['packages/core/src/server/hub/hub.ts', '../../provider/wire.ts'],
  ['packages/core/src/server/hub/hub.ts', 'ai'],
  ['packages/core/src/anthropic/source.ts', '../server/index.ts'],
  ['packages/core/src/gemini/source.ts', '@sluice/core/server'],
  ['packages/core/src/ai-sdk/source.ts', 'fastify'],
  ['packages/core/src/testing/clock.ts', '@google/genai'],
  ['packages/core/src/openai/source.ts', '../server/index.ts'],
  ['packages/core/src/openai/source.ts', 'fastify'],
  ['packages/core/src/testing/clock.ts', 'openai'],
  ['packages/core/src/testing/clock.ts', 'vitest'],
  ['packages/fastify-sse/src/plugin.ts', '@sluice/client'],
  ['packages/fastify-sse/src/plugin.ts', '@sluice/core/testing'],
  ['packages/fastify-sse/src/plugin.ts', 'zod'],
  ['packages/fastify-ws/src/plugin.ts', '@sluice/fastify-sse'],
  ['packages/fastify-ws/src/plugin.ts', 'openai'],
  ['packages/client/src/session/session.ts', '@sluice/fastify-sse'],
  ['packages/client/src/session/session.ts', '@sluice/core/server'],
  ['packages/client/src/session/session.ts', 'node:events'],
  ['packages/client/src/session/session.ts', 'fastify'],
  ['packages/client/src/session/session.ts', 'zod'],
  ['packages/client/src/session/session.ts', '../../../../tools/model-server/src/index.ts'],
  ['packages/client/src/session/session.test.ts', '../../../../apps/demo/src/page.ts'],
  ['packages/redis/src/log.ts', '@sluice/core/transport'],
  ['packages/sqlite/src/log.ts', '@sluice/core/transport'],
  ['packages/sqlite/src/log.ts', '@sluice/redis'],
  ['packages/client/src/session/session.ts', '@sluice/core/transport'],
  ['packages/wires/src/blocks.ts', '@sluice/client'],
  ['packages/wires/src/blocks.ts', '@sluice/core/testing'],
  ['packages/wires/src/ai-sdk/wire.ts', 'ai'],
  ['packages/wires/src/openai/wire.ts', 'openai/resources'],
  ['packages/wires/src/ag-ui/wire.ts', '@ag-ui/core'],
  ['tools/bench/src/main.ts', '@sluice/demo'],
  ['apps/demo/src/page.ts', 'vitest'],
] as const

const allowed = [
  ['packages/core/src/state.ts', './errors.ts'],
  ['packages/core/src/server/hub/hub.ts', '../../state.ts'],
  ['packages/core/src/server/hub/hub.ts', 'node:crypto'],
  ['packages/core/src/openai/source.ts', 'openai/resources'],
  ['packages/core/src/anthropic/source.ts', '@anthropic-ai/sdk'],
  ['packages/core/src/gemini/source.ts', '@google/genai'],
  ['packages/core/src/ai-sdk/source.ts', 'ai'],
  ['packages/core/src/ai-sdk/source.ts', '../provider/usage.ts'],
  ['packages/core/src/testing/clock.ts', '../server/log/log.ts'],
  ['packages/core/src/server/hub/hub.test.ts', '@sluice/model-server'],
  ['packages/core/src/state.test.ts', 'node:test'],
  ['packages/core/test/state.ts', 'zod'],
  ['packages/core/src/server/transport/origin.ts', '../hub/hub.ts'],
  ['packages/fastify-sse/src/plugin.ts', '@sluice/core/server'],
  ['packages/fastify-sse/src/plugin.ts', '@sluice/core/transport'],
  ['packages/fastify-ws/src/plugin.ts', '@sluice/core/transport'],
  ['packages/fastify-sse/src/plugin.ts', 'fastify'],
  ['packages/wires/src/ai-sdk/wire.ts', '@sluice/core/transport'],
  ['packages/wires/src/ai-sdk/wire.test.ts', 'ai'],
  ['packages/wires/src/openai/request/bodies.ts', 'zod'],
  ['packages/client/src/session/session.ts', '@sluice/core'],
  ['packages/client/src/session/session.test.ts', '@sluice/fastify-sse'],
  ['apps/demo/src/server.ts', '@sluice/model-server'],
  ['tools/bench/src/main.ts', 'playwright-core'],
] as const

// Two files that import only types from each other are a cycle too: neither can be read without the other.
const typeCycles = [
  'packages/core/src/server/hub',
  'packages/core/src/server/delivery',
  'packages/redis/src',
  'packages/sqlite/src',
  'packages/client/src',
  'packages/fastify-sse/src',
  'packages/wires/src',
] as const

const copy = mkdtempSync(join(tmpdir(), 'sluice-directions-'))
const manifests = ['package.json', ...projects().map(({ path }) => `${path}/package.json`)]
let complaints: Set<string>
let cycles: Set<string>

beforeAll(() => {
  for (const file of ['biome.json', '.gitignore', ...manifests]) {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    copyFileSync(join(root, file), join(copy, file))
  }
  for (const [place, specifier] of [...refused, ...allowed]) {
    const file = join(copy, fileOf(place, specifier))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `import '${specifier}'\n`)
  }
  for (const folder of typeCycles) {
    mkdirSync(join(copy, folder), { recursive: true })
    writeFileSync(join(copy, folder, 'one.ts'), cycleTo('two', 'One'))
    writeFileSync(join(copy, folder, 'two.ts'), cycleTo('one', 'Two'))
  }
  complaints = lint(['style/noRestrictedImports', 'correctness/noUndeclaredDependencies'])
  cycles = lint(['suspicious/noImportCycles'])
})

afterAll(() => rmSync(copy, { recursive: true }))

test.each(refused)('%s must not import %s', (place, specifier) => {
  expect(complaints).toContain(fileOf(place, specifier))
})

test.each(allowed)('%s may import %s', (place, specifier) => {
  expect(complaints).not.toContain(fileOf(place, specifier))
})

test.each(typeCycles)('two files of %s must not import types from each other', (folder) => {
  expect(cycles).toContain(`${folder}/one.ts`)
  expect(cycles).toContain(`${folder}/two.ts`)
})

/** A file that exports `name`, and imports a type from its neighbour. */
function cycleTo(neighbour: string, name: string): string {
  const other = name === 'One' ? 'Two' : 'One'
  return `import type { ${other} } from './${neighbour}.ts'\n\nexport interface ${name} {\n  readonly other?: ${other}\n}\n`
}

/** A file beside `place`, of the same kind, for this one import. */
function fileOf(place: string, specifier: string): string {
  const name = specifier.replaceAll(/\W+/g, '-')
  return place.replace(/([^/.]+)((\.test)?\.ts)$/, `$1-${name}$2`)
}

/** The files that one of these rules complains about. */
function lint(rules: readonly string[]): Set<string> {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
  const args = ['lint', ...rules.map((rule) => `--only=${rule}`), '--max-diagnostics=none', '--reporter=json']
  const { stdout } = spawnSync(process.execPath, [biome, ...args], { cwd: copy, encoding: 'utf8' })
  const report = JSON.parse(stdout) as { diagnostics: { location: { path: string } }[] }
  return new Set(report.diagnostics.map(({ location }) => location.path))
}
