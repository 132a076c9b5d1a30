import type { Clock } from '../clock.ts'
import type { AnyStreamDefinition, StreamEnd } from '../definition/define-stream.ts'
import { logError } from '../telemetry/error-facts.ts'
import type { Logger } from '../telemetry/logger.ts'

/** How long a closing hub waits for `onEnd` beyond its deadline. Both together are below Fastify's `pluginTimeout`. */
const ON_END_MS = 1_000

/** Tells the log and the application of streams that have ended. */
export class EndReports {
  readonly #clock: Clock
  readonly #logger: () => Logger
  /** The calls of `onEnd` that have not returned. */
  readonly #telling = new Set<Promise<void>>()

  constructor(clock: Clock, logger: () => Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  report(definition: AnyStreamDefinition, end: StreamEnd): void {
    this.#log(end)
    if (definition.onEnd === undefined) return
    const told = this.#tell(definition, end).finally(() => this.#telling.delete(told))
    this.#telling.add(told)
  }

  /** Resolves when all calls of `onEnd` have returned, or after a second. */
  allTold(): Promise<void> {
    return new Promise((resolve) => {
      const timeout = this.#clock.alarm(resolve)
      timeout.setIn(ON_END_MS)
      void Promise.all(this.#telling).then(() => {
        timeout.clear()
        resolve()
      })
    })
  }

  #log({ streamId, stream, outcome, error, durationMs, ttftMs, totalChunks, finishReason }: StreamEnd): void {
    const facts = { streamId, stream, outcome, durationMs, ttftMs, totalChunks, finishReason }
    const logger = this.#logger()
    if (error === undefined) logger.debug(facts, 'stream ended')
    else if (error.type === 'shutting_down') logger.info(facts, 'stream ended by the shutdown')
    else {
      logError(
        logger,
        { ...facts, errorType: error.type },
        error.cause ?? error,
        'stream ended with an error',
      )
      const chunk = chunkOf(error.cause)
      if (chunk !== undefined)
        logger.debug({ streamId, stream, chunk }, 'the chunk that could not be understood')
    }
  }

  /** A failure of the application's callback must not reach the stream. */
  async #tell(definition: AnyStreamDefinition, end: StreamEnd): Promise<void> {
    try {
      await definition.onEnd?.(end)
    } catch (error) {
      logError(this.#logger(), { streamId: end.streamId }, error, 'onEnd threw')
    }
  }
}

/** The chunk of the provider that a source gives as the cause of an error. It has the model's words. */
function chunkOf(cause: unknown): string | undefined {
  const chunk = cause instanceof Error && 'chunk' in cause ? cause.chunk : undefined
  return typeof chunk === 'string' ? chunk : undefined
}
