import { join } from 'node:path'
import { memoryLog, type StreamLog } from '@sluice/core/server'
import { redisLog } from '@sluice/redis'
import { SqliteLogError, sqliteLog } from '@sluice/sqlite'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { buildDemo } from './app.ts'
import { listen } from './listen.ts'
import { readableLines } from './log-lines.ts'
import { type ModelSource, openModelSource } from './model-source.ts'
import { type SessionSecret, sessionSecret } from './session-secret.ts'
import { readSettings, type Settings } from './settings.ts'
import { closeOnSignal } from './shutdown.ts'
import { StartError } from './start-error.ts'
import { openStore, type Store } from './store/store.ts'

/** Runs the demo as the environment says, until a signal. */
export async function serve(page: FastifyPluginAsync): Promise<void> {
  try {
    const settings = readSettings(process.env)
    const secret = sessionSecret(settings.sessionSecret, settings.dataDir)
    const store = openStore(settings.dataDir)
    const source = await openModelSource(settings.model)
    const { app, url } = await start({ source, page, settings, secret, store })
    closeOnSignal(async () => {
      await app.close()
      store.close()
    })
    console.log(`\n  Sluice   ${url}\n${described(settings, source, secret)}\n`)
    app.log.info({ instance: settings.instance, sessionSecretFrom: secret.from }, 'started')
  } catch (error) {
    // An error that a person can fix is told in a line; any other is a defect, and needs its stack.
    console.error(error instanceof StartError ? error.message : error)
    process.exitCode = 1
  }
}

interface StartOptions {
  readonly source: ModelSource
  readonly page: FastifyPluginAsync
  readonly settings: Settings
  readonly secret: SessionSecret
  readonly store: Store
}

async function start({ source, page, settings, secret, store }: StartOptions): Promise<{
  readonly app: FastifyInstance
  readonly url: string
}> {
  try {
    const { redisUrl: url, leaseMs, instance, trustProxy, isKillable, budget, hostNames } = settings
    const redis = url === undefined ? undefined : redisLog({ url, leaseMs })
    const app = await buildDemo({
      source,
      page,
      store,
      secret: secret.secret,
      log: redis ?? logOf(settings),
      redisMetrics: redis && (() => redis.metrics()),
      logger: logging(settings),
      instance,
      trustProxy,
      budget,
      hostNames,
      // As a crash would: nothing is said, nothing is stored.
      ...(isKillable ? { kill: () => process.kill(process.pid, 'SIGKILL') } : {}),
    })
    return { app, url: await listen(app, settings) }
  } catch (error) {
    // A model server of ours listens already, and would keep the process.
    await source.close()
    throw error
  }
}

/** Without a Redis: in the folder of the conversations, so that answers survive a restart, or in memory. */
function logOf({ dataDir }: Settings): StreamLog {
  if (dataDir === undefined) return memoryLog()
  try {
    return sqliteLog({ path: join(dataDir, 'streams.db') })
  } catch (error) {
    if (error instanceof SqliteLogError)
      throw new StartError(`${error.message} DATA_DIR chooses another folder.`)
    throw error
  }
}

function logging({ logLevel: level }: Settings) {
  const stream = process.stderr.isTTY ? readableLines(process.stderr) : process.stderr
  return { level, stream }
}

function described(settings: Settings, source: ModelSource, { from }: SessionSecret): string {
  const { dataDir, redisUrl } = settings
  const kept =
    dataDir === undefined ? 'in memory; DATA_DIR keeps them' : `in ${dataDir}; DATA_DIR=memory keeps nothing`
  const streams = redisUrl === undefined ? [] : [`Streams  on Redis, for several instances`]
  const secret =
    from === 'this start' ? ['Visitors known until this ends; SESSION_SECRET or DATA_DIR keeps them'] : []
  return [
    `Model    ${source.models[0].id} (${source.name})${hint(settings)}`,
    `Chats    ${kept}`,
    ...streams,
    ...secret,
  ]
    .map((line) => `  ${line}\n`)
    .join('')
}

function hint({ model: { source } }: Settings): string {
  if (source !== 'local') return '; OPENAI_MODEL chooses another'
  return '\n           OPENAI_API_KEY asks OpenAI instead; OPENAI_BASE_URL any server that speaks its wire'
}
