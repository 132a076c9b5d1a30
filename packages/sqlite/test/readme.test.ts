import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { defineStream } from '@sluice/core/server'
import { scriptedSource } from '@sluice/core/testing'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { inAFile } from './snippets/set-up.ts'
import { testFolder } from './support/files.ts'

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')
const folder = testFolder()
const home = process.cwd()

afterEach(() => process.chdir(home))

test('each TypeScript snippet is one that is compiled, and run below', async () => {
  const source = await read('snippets/set-up.ts')
  const regions = [...source.matchAll(/^ *\/\/ #region \w+\n([\s\S]*?)^ *\/\/ #endregion/gm)].map(
    ([, code]) => code!.replaceAll(/^ {2}/gm, '').trim(),
  )
  const snippets = [...(await read('../README.md')).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) =>
    code!.trim(),
  )
  expect(snippets).toEqual(regions)
})

test('each option and each code is in its table', async () => {
  const readme = await read('../README.md')
  const table = (title: string): string => readme.split(`## ${title}`)[1]!.split('\n## ')[0]!
  const options = [...(await read('../src/options.ts')).matchAll(/^ {2}readonly (\w+)\??:/gm)].map(
    ([, name]) => name!,
  )
  expect(options.filter((name) => !table('Options').includes(`\`${name}\``))).toEqual([])
  const codes = [...(await read('../src/errors.ts')).matchAll(/^ {2}\| '(\w+)'/gm)].map(([, code]) => code!)
  expect(codes.filter((code) => !table('Errors').includes(`\`${code}\``))).toEqual([])
})

test('the snippet makes a hub whose answers are there after a restart', async () => {
  process.chdir(folder)
  const source = scriptedSource()
  const streams = { chat: defineStream({ input: z.unknown(), run: source.run }) }
  let hub = inAFile(streams)
  const { record } = await hub.start({ stream: 'chat', input: {} })
  const attempt = await source.asked()
  attempt.push('Hello')
  attempt.finish()
  await hub.close()
  expect(existsSync('data/streams.db')).toBe(true)
  hub = inAFile(streams)
  const handle = await hub.find({ stream: 'chat', streamId: record.streamId })
  const events = []
  for await (const event of handle.read()) events.push(event)
  expect(events.map(({ type }) => type)).toEqual(['stream_start', 'content_chunk', 'stream_complete'])
  await hub.close()
})
