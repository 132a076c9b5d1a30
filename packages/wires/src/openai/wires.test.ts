import { testWire } from '@sluice/core/testing'
import { describe, test } from 'vitest'
import { chatCompletions, chatCompletionsWithUsage, responses } from './index.ts'

for (const wire of [chatCompletions, chatCompletionsWithUsage, responses]) {
  testWire(wire.name, wire, { describe, test })
}
