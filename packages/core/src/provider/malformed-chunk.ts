import { StreamingError } from '../errors.ts'

/** The most of a chunk that is kept for the log, in UTF-16 units. */
const MAX_CHUNK_LENGTH = 1024

/** The cause of an error that a chunk has brought. The chunk is a getter: what prints an error's fields leaves it out. */
export class MalformedChunk extends SyntaxError {
  readonly #chunk: string

  constructor(message: string, chunk: string) {
    super(message)
    this.#chunk = chunk.slice(0, MAX_CHUNK_LENGTH)
  }

  /** The chunk as the provider sent it, cut at 1 kB. It has the model's words, so it is logged at debug level only. */
  get chunk(): string {
    return this.#chunk
  }
}

/**
 * The error of a chunk that cannot be understood. Its message names the chunk and what is wrong with it; the chunk itself
 * is with the `cause`, for the server's log.
 *
 * @param number - the chunk's place in the answer, from 1
 * @param fault - what is wrong, as in `is not JSON`
 */
export function malformedChunk(number: number, fault: string, chunk: unknown): StreamingError {
  const message = `The provider’s chunk ${number} ${fault}.`
  const text = typeof chunk === 'string' ? chunk : (JSON.stringify(chunk) ?? String(chunk))
  return new StreamingError('api_error', message, { cause: new MalformedChunk(message, text) })
}
