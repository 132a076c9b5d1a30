import { setTimeout as pass } from 'node:timers/promises'
import { type Answers, type AttackName, attacks } from './attacks.ts'

// Runs all attacks at once, in a process of its own: its work must not disturb the honest viewers' clocks.

const port = Number(process.argv[2])
let isOver = false
process.on('message', () => {
  isOver = true
})

const names = Object.keys(attacks) as AttackName[]
const results = names.map((name) => ({ name, answers: {} as Answers }))
const running: Promise<void>[] = []
for (const { name, answers } of results) {
  running.push(attacks[name](port, () => isOver, answers))
  // The first needs a stream, and the floods would leave it none.
  while (running.length === 1 && Object.keys(answers).length === 0) await pass(5)
}
process.send?.('begun')
await Promise.allSettled(running)
process.send?.(Object.fromEntries(results.map(({ name, answers }) => [name, answers])), () => process.exit())
