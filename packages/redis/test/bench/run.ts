import { createClient } from 'redis'
import { type ContestantName, contestants } from './contestants.ts'
import { ageOf, type Load } from './load.ts'

/** The cost of one contestant under one load, once warm. */
export interface Result {
  readonly events: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU of the server process, per event, in microseconds. */
  readonly cpuMicros: number
  /** CPU of Redis, per event, in microseconds. */
  readonly redisMicros: number
  readonly commandsPerEvent: number | undefined
}

// One contestant in a separate process, so that none carries the garbage of another.
const [name, url, load] = process.argv.slice(2) as [ContestantName, string, string]
const result = await measure(name, url, JSON.parse(load) as Load)
if (process.send === undefined) console.log(result)
else process.send(result)
process.disconnect?.()

async function measure(name: ContestantName, url: string, given: Load): Promise<Result> {
  // JSON has no Infinity.
  const load = { ...given, tokensPerSecond: given.tokensPerSecond ?? Number.POSITIVE_INFINITY }
  const redis = createClient({ url })
  await redis.connect()
  const contestant = contestants[name](url)
  const ages: number[] = []
  let isWarm = false
  const onToken = (token: string): void => {
    if (isWarm) ages.push(ageOf(token))
  }
  const isPaced = load.tokensPerSecond !== Number.POSITIVE_INFINITY
  if (!isPaced) await play(contestant.play, { ...load, tokens: load.tokens / 4 }, () => {})
  const playing = isPaced ? play(contestant.play, load, onToken) : undefined
  if (isPaced) await new Promise((resolve) => setTimeout(resolve, load.warmUpMs))
  const before = { cpu: process.cpuUsage(), redis: await redisCpu(redis), commands: contestant.commands?.() }
  isWarm = true
  await (playing ?? play(contestant.play, load, onToken))
  const { user, system } = process.cpuUsage(before.cpu)
  const redisMicros = (await redisCpu(redis)) - before.redis
  const after = contestant.commands?.()
  const events = ages.length
  ages.sort((one, other) => one - other)
  const at = (share: number): number => ages[Math.floor(events * share)] ?? Number.NaN
  await contestant.close()
  redis.destroy()
  return {
    events,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    cpuMicros: (user + system) / events,
    redisMicros: redisMicros / events,
    commandsPerEvent:
      after && before.commands
        ? (after.commands - before.commands.commands) / (after.events - before.commands.events)
        : undefined,
  }
}

async function play(
  one: (load: Load, onToken: (token: string) => void) => Promise<void>,
  load: Load,
  onToken: (token: string) => void,
): Promise<void> {
  await Promise.all(Array.from({ length: load.streams }, () => one(load, onToken)))
}

/** In microseconds, since it started. */
async function redisCpu(redis: { sendCommand(args: string[]): Promise<unknown> }): Promise<number> {
  const info = String(await redis.sendCommand(['INFO', 'cpu']))
  const seconds = (field: string): number => Number(new RegExp(`${field}:([\\d.]+)`).exec(info)?.[1])
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6
}
