import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { encodeEvent, type LogReader } from '@sluice/core/server'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type SqliteLog, sqliteLog } from '../src/index.ts'
import { testFolder } from './support/files.ts'
import { createIn, eventsOf } from './support/streams.ts'

const folder = testFolder()
let copies = 0

/** The files as another process would find them now, if this one had just been killed. */
function copyOf(path: string): string {
  const target = join(folder, `copy-${++copies}`)
  mkdirSync(target)
  for (const end of ['', '-wal']) copyFileSync(`${path}${end}`, join(target, `log.db${end}`))
  return join(target, 'log.db')
}

/** Copies the files in the moment in which viewers are told of events, again and again. */
function watch(path: string, reader: LogReader, moments: { last: number; copy: string }[]): void {
  let told = 0
  reader.subscribe({
    appended() {
      told += 1
      if (told % 3 === 1) moments.push({ last: reader.last, copy: copyOf(path) })
    },
    evicted() {},
  })
}

async function textIn(log: SqliteLog, streamId: string): Promise<string> {
  const events = await eventsOf(log.open(streamId)!)
  return events.map(({ content = '' }) => content).join('')
}

test.each(['process', 'power'] as const)(
  'whatever a viewer is told of is in the file already, in order and once (%s)',
  async (survives) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { minLength: 1, maxLength: 30 }), {
          minLength: 1,
          maxLength: 6,
        }),
        async (turns) => {
          const home = join(folder, `run-${++copies}`)
          mkdirSync(home)
          const path = join(home, 'log.db')
          const log = sqliteLog({ path, survives })
          const writer = await createIn(log)
          const moments: { last: number; copy: string }[] = []
          watch(path, writer, moments)
          const said: string[] = []
          for (const turn of turns) {
            for (const text of turn) {
              said.push(text)
              writer.append(encodeEvent(writer.next, { type: 'content_chunk', content: text }))
            }
            await new Promise((resolve) => setImmediate(resolve))
          }
          await (writer as { confirmed?(): Promise<void> }).confirmed?.()
          await log.close()
          for (const { last, copy } of moments) {
            const found = sqliteLog({ path: copy })
            const text = await textIn(found, writer.record.streamId)
            expect(said.join('').startsWith(text)).toBe(true)
            expect(text.startsWith(said.slice(0, last).join(''))).toBe(true)
            await found.close()
          }
          expect(moments.length).toBeGreaterThan(0)
        },
      ),
      { numRuns: 12 },
    )
  },
)
