import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { buildDemo } from './app.ts'
import { listen } from './listen.ts'
import { readableLines } from './log-lines.ts'
import { type ModelSource, openModelSource } from './model-source.ts'
import { readSettings, type Settings } from './settings.ts'
import { closeOnSignal } from './shutdown.ts'
import { StartError } from './start-error.ts'

/** Runs the demo as the environment says, until a signal. */
export async function serve(page: FastifyPluginAsync): Promise<void> {
  try {
    const settings = readSettings(process.env)
    const source = await openModelSource(settings.model)
    const { app, url } = await start(source, page, settings)
    closeOnSignal(() => app.close())
    console.log(`\n  Sluice   ${url}\n  Model    ${source.model} (${source.name})${hint(settings)}\n`)
  } catch (error) {
    // What a person can mend is told in a line; anything else is a defect, and needs its stack.
    console.error(error instanceof StartError ? error.message : error)
    process.exitCode = 1
  }
}

async function start(
  source: ModelSource,
  page: FastifyPluginAsync,
  settings: Settings,
): Promise<{ readonly app: FastifyInstance; readonly url: string }> {
  try {
    const app = await buildDemo({ source, page, logger: logging(settings) })
    return { app, url: await listen(app, settings) }
  } catch (error) {
    // A model server of ours listens already, and would keep the process.
    await source.close()
    throw error
  }
}

function logging({ logLevel: level }: Settings) {
  const stream = process.stderr.isTTY ? readableLines(process.stderr) : process.stderr
  return { level, stream }
}

function hint({ model: { source } }: Settings): string {
  if (source !== 'local') return '; OPENAI_MODEL chooses another'
  return '\n           OPENAI_API_KEY asks OpenAI instead; OPENAI_BASE_URL any server that speaks its wire'
}
