import { expect, test } from 'vitest'
import type { AnyStreamDefinition, RunRetry } from '../index.ts'
import type { Wire } from '../wire/wire.ts'
import { refuseRestarts } from './wires.ts'

const wire: Wire = {
  name: 'test',
  begin: () => ({ openSince: undefined, push: () => [] }),
  errorBody: () => ({}),
}

function streamsWith(afterFirstChunk?: RunRetry['afterFirstChunk']): Record<string, AnyStreamDefinition> {
  const input = {
    '~standard': { version: 1, vendor: 'any', validate: (value: unknown) => ({ value }) },
  } as const
  const run = async function* () {}
  const retry = afterFirstChunk && { afterFirstChunk }
  return { plain: { input, run }, chat: { input, run, ...(retry && { retry }) } }
}

test('a definition whose answer may be taken back is refused by a wire that cannot do that', () => {
  expect(() => refuseRestarts(wire, streamsWith('restart'))).toThrow(
    /'chat' has retry.afterFirstChunk: 'restart'.*'test' cannot/,
  )
  expect(() => refuseRestarts({ ...wire, takesBack: true }, streamsWith('restart'))).not.toThrow()
  for (const other of [undefined, 'fail', 'continue'] as const) {
    expect(() => refuseRestarts(wire, streamsWith(other))).not.toThrow()
  }
})
