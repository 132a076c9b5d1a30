import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { startModelServer } from '@sluice/model-server'
import { expect, test, vi } from 'vitest'

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')

test.each(['server.ts', 'agent.ts', 'tanstack.ts'])(
  'the README has the example %s as it is',
  async (file) => {
    const source = await read(`../examples/ag-ui/${file}`)
    const [, code] = /\/\/ #region \w+\n([\s\S]*?)\/\/ #endregion/.exec(source)!
    expect(await read('../../README.md')).toContain(
      `\`\`\`ts\n${code!.trim().replace('port: 0', 'port: 3000')}\n\`\`\``,
    )
  },
)

test('each option of the plugin is in its table', async () => {
  const source = (await read('../../src/ag-ui/plugin.ts'))
    .split('export interface AgUiOptions')[1]!
    .split('\n}\n')[0]!
  const options = [...source.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name!)
  expect(options).toContain('input')
  const section = (await read('../../README.md')).split('\n## AG-UI')[1]!.split('\n## ')[0]!
  expect(options.filter((name) => !section.includes(`\`${name}\``))).toEqual([])
})

test('both pages show what the server says', async () => {
  const model = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
  vi.stubEnv('OPENAI_API_KEY', 'any')
  vi.stubEnv('OPENAI_BASE_URL', model.baseURL)
  const { app } = await import('../examples/ag-ui/server.ts')
  const origin = `http://localhost:${(app.server.address() as AddressInfo).port}`
  vi.stubGlobal('location', new URL(origin))
  vi.stubGlobal('document', { body: { textContent: '' }, hidden: false, addEventListener() {} })
  const { fetch } = globalThis
  vi.stubGlobal('fetch', (url: string | URL, init: RequestInit) => {
    const headers = new Headers(init.headers)
    headers.set('x-user', 'ann')
    return fetch(new URL(url, origin), { ...init, headers })
  })
  const answer = model.answerFor('Where do I begin?')
  const { agent } = await import('../examples/ag-ui/agent.ts')
  expect(document.body.textContent).toBe(answer)
  expect(agent.state).toEqual({ asked: 1 })
  document.body.textContent = ''
  await import('../examples/ag-ui/tanstack.ts')
  expect(document.body.textContent).toBe(answer)
  await app.close()
  await model.close()
})
