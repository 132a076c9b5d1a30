import type { Clock } from '../clock.ts'
import type { AnyStreamDefinition, StreamEnd } from '../definition/define-stream.ts'
import type { Logger } from '../telemetry/logger.ts'

/** What a closing hub gives the last calls of `onEnd`, beyond its deadline: together below what Fastify gives a plugin. */
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

  /** Until the application has saved what it saves at the end of a stream, but not for ever. */
  allTold(): Promise<void> {
    return new Promise((resolve) => {
      const patience = this.#clock.alarm(resolve)
      patience.setIn(ON_END_MS)
      void Promise.all(this.#telling).then(() => {
        patience.clear()
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
      logger.error(
        { ...facts, err: error.cause ?? error, errorType: error.type },
        'stream ended with an error',
      )
      const chunk = chunkOf(error.cause)
      if (chunk !== undefined)
        logger.debug({ streamId, stream, chunk }, 'the chunk that could not be understood')
    }
  }

  /** What the application does with the end is its own; that it fails must not reach the stream. */
  async #tell(definition: AnyStreamDefinition, end: StreamEnd): Promise<void> {
    try {
      await definition.onEnd?.(end)
    } catch (error) {
      this.#logger().error({ err: error, streamId: end.streamId }, 'onEnd threw')
    }
  }
}

/** What the provider sent, if a source says of an error that a chunk was its cause. It has the model's words. */
function chunkOf(cause: unknown): string | undefined {
  const chunk = cause instanceof Error && 'chunk' in cause ? cause.chunk : undefined
  return typeof chunk === 'string' ? chunk : undefined
}
