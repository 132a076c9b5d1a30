import { setTimeout as pass } from 'node:timers/promises'
import { testLog } from '@sluice/core/testing'
import { RedisServer } from '@sluice/programs/redis'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { RedisLogOptions } from './options.ts'
import { RedisLog, redisLog } from './redis-log.ts'

/** Another instance, that looks once Redis has heard the first: two connections have no order between them. */
class Elsewhere extends RedisLog {
  readonly #first: RedisLog

  constructor(first: RedisLog, options: RedisLogOptions) {
    super(options)
    this.#first = first
  }

  override async open(streamId: string) {
    await this.#first.connection.probe()
    return super.open(streamId)
  }
}

let server: RedisServer
let logs = 0

beforeAll(async () => {
  server = await RedisServer.start()
})

afterAll(() => server.kill())

testLog(
  'redisLog',
  ({ maxStreamBytes, resumeMarginBytes, keepEndedMs, keepRefusedMs }) => {
    const options = {
      url: server.url,
      keyPrefix: `log-${++logs}:`,
      maxStreamBytes,
      resumeMarginBytes,
      endedTtlMs: keepEndedMs,
      refusedTtlMs: keepRefusedMs,
      leaseMs: 600,
      ttlMs: 2000,
    }
    const log = redisLog(options)
    return { log, elsewhere: new Elsewhere(log, options), pass: (ms) => pass(ms) }
  },
  { describe, test },
)
