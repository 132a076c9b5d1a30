import { testWire } from '@sluice/core/testing'
import { describe, test } from 'vitest'
import { encodeNote } from './ids.ts'
import { chatCompletions, chatCompletionsWithUsage, responses } from './index.ts'

for (const wire of [chatCompletions, chatCompletionsWithUsage, responses]) {
  testWire(wire.name, wire, { describe, test }, { streams: 100 })
  const record = { note: encodeNote('support-bot', ['search']) }
  testWire(`${wire.name}, with a function of the client`, wire, { describe, test }, { record, streams: 100 })
}
