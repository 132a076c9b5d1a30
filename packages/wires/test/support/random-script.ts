import { data, type Part, toolResult } from '@sluice/core'
import { seededRandom } from '@sluice/random'

const UNITS = [
  'word ',
  'né ',
  '漢字',
  '👩‍👩‍👧',
  '\n',
  '\r\n',
  '\u2028',
  '"',
  '\\',
  'مرحبا ',
  'data: ',
  ': end',
  '[DONE]',
  '\n\n',
]

/** The parts of an answer: text, reasoning, calls with their results, sources, files, data. The same for the same seed. */
export function randomParts(seed: number): Part[] {
  const random = seededRandom(-seed)
  const upTo = (limit: number) => Math.floor(random() * limit)
  const text = () => UNITS[upTo(UNITS.length)]!
  const parts: Part[] = []
  let calls = 0

  function round(): void {
    for (let left = upTo(30); left > 0; left -= 1) {
      const kind = random()
      if (kind < 0.7) parts.push(text())
      else if (kind < 0.85) parts.push({ type: 'reasoning', content: text() })
      else if (kind < 0.9) parts.push(data('note', { text: text() }))
      else if (kind < 0.95) parts.push({ type: 'source', url: `https://a.example/${upTo(9)}`, title: text() })
      else parts.push({ type: 'file', mediaType: 'image/png', data: 'AAAA' })
    }
  }

  for (let rounds = 1 + upTo(3); rounds > 0; rounds -= 1) {
    round()
    const ids = Array.from({ length: upTo(3) }, (_, index) => `call-${seed}-${calls + index}`)
    calls += ids.length
    for (const [index, id] of ids.entries()) {
      parts.push({ type: 'tool_call', index, id, name: 'search' })
      for (const fragment of ['{"q":', JSON.stringify(text()), '}'])
        parts.push({ type: 'tool_call', index, arguments: fragment })
    }
    parts.push({
      type: 'finish',
      finishReason: ids.length > 0 ? 'tool_calls' : 'stop',
      usage: { input_tokens: upTo(9), output_tokens: upTo(9), total_tokens: upTo(9) },
    })
    for (const id of ids) parts.push(toolResult(id, { text: text() }, { isError: random() < 0.2 }))
  }
  return parts
}
