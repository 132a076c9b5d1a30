import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const src = join(import.meta.dirname, '../src')
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })

/** The imports of a file at run time: types are gone by then. */
const importsOf = (file: string) =>
  [...readFileSync(join(src, file), 'utf8').matchAll(/^(?:import|export) (?!type )[^'"]*?from '([^']+)'/gm)]
    .map(([, specifier]) => specifier!)
    .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))

test.each(['openai', 'anthropic', 'gemini', 'ai-sdk', 'provider', 'http-error'])(
  'nothing of a provider’s client is imported at run time by %s',
  (room) => {
    const sources = files.filter((file) => file.startsWith(`${room}/`) && !file.includes('.test.'))
    expect(sources.length).toBeGreaterThan(2)
    const imported = new Set(sources.flatMap(importsOf))
    expect([...imported]).toEqual(room === 'provider' ? ['eventsource-parser'] : [])
  },
)
