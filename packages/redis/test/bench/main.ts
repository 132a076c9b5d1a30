import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { RedisServer } from '@sluice/programs/redis'
import type { ContestantName } from './contestants.ts'
import type { Load } from './load.ts'
import type { Result } from './run.ts'

// The cost that the log on Redis adds to the memory log, beside its peer: latency, CPU, commands. Each figure is the median of
// rounds in which the contestants take turns, so that what else the machine does meets all of them.
const RUN = fileURLToPath(new URL('run.ts', import.meta.url))
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    only: { type: 'string', default: 'paced,burst,scale' },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const warmUpMs = 3000

const redis = await RedisServer.start()
const sections: Readonly<Record<string, () => Promise<void>>> = { paced, burst, scale }
for (const section of values.only.split(',')) await sections[section]?.()
await redis.kill()

async function paced(): Promise<void> {
  const load = { streams: 200, tokensPerSecond: 50, tokens: 50 * (seconds + warmUpMs / 1000), warmUpMs }
  console.log(`\n200 streams, each with a viewer, at 50 tokens a second`)
  await compare(load, [
    'memory log',
    'redis log',
    'redis log, viewer elsewhere',
    'redis log, lingerMs 1',
    'redis log, lingerMs 2',
    'redis log, lingerMs 50',
    'resumable-stream',
    'resumable-stream, viewer elsewhere',
  ])
}

async function burst(): Promise<void> {
  const load = { streams: 20, tokensPerSecond: Number.POSITIVE_INFINITY, tokens: 10_000, warmUpMs }
  console.log(`\n20 streams, each with a viewer, 10,000 tokens each, as fast as they are taken`)
  await compare(load, ['memory log', 'redis log', 'redis log, viewer elsewhere', 'resumable-stream'])
}

async function scale(): Promise<void> {
  for (const streams of [100, 1000, 5000]) {
    // As many tokens a second of all of them together.
    const tokensPerSecond = 5000 / streams
    const tokens = Math.ceil(tokensPerSecond * (seconds + warmUpMs / 1000))
    console.log(`\n${streams} streams that have 5,000 tokens a second together`)
    await compare({ streams, tokensPerSecond, tokens, warmUpMs }, ['redis log'])
  }
}

async function compare(load: Load, names: readonly ContestantName[]): Promise<void> {
  const results = new Map<ContestantName, Result[]>(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of names) results.get(name)?.push(await runOnce(name, load))
  }
  const rows = names.map((name) => ({ name, ...medians(results.get(name)!) }))
  const base = rows[0]!
  for (const row of rows) {
    const commands = row.commandsPerEvent === undefined ? '' : `  ${row.commandsPerEvent.toFixed(2)} commands`
    console.log(
      `${row.name.padEnd(36)} p50 ${row.p50Ms.toFixed(2).padStart(7)} ms  p99 ${row.p99Ms.toFixed(2).padStart(7)} ms` +
        `  CPU ${row.cpuMicros.toFixed(1).padStart(5)} µs (${(row.cpuMicros / base.cpuMicros).toFixed(2)} ×)` +
        `  Redis ${row.redisMicros.toFixed(1).padStart(5)} µs${commands}`,
    )
  }
}

async function runOnce(name: ContestantName, load: Load): Promise<Result> {
  await redis.command('FLUSHALL')
  const child = fork(RUN, [name, redis.url, JSON.stringify(load)], {
    execArgv: ['--conditions=sluice-source'],
  })
  const [result] = await once(child, 'message')
  await once(child, 'exit')
  return result as Result
}

function medians(results: readonly Result[]): Result {
  const median = (of: (result: Result) => number): number => {
    const sorted = results.map(of).sort((one, other) => one - other)
    return sorted[Math.floor(sorted.length / 2)]!
  }
  const hasCommands = results[0]?.commandsPerEvent !== undefined
  return {
    events: median(({ events }) => events),
    p50Ms: median(({ p50Ms }) => p50Ms),
    p99Ms: median(({ p99Ms }) => p99Ms),
    cpuMicros: median(({ cpuMicros }) => cpuMicros),
    redisMicros: median(({ redisMicros }) => redisMicros),
    commandsPerEvent: hasCommands ? median(({ commandsPerEvent }) => commandsPerEvent!) : undefined,
  }
}
