import { StreamingError } from '@sluice/core'
import { checkedOwner } from '@sluice/core/transport'
import type { FastifyRequest } from 'fastify'
import type { CheckedOptions } from './options.ts'

/** The owner of a connection, from its request or from the payload of its first message. */
export class Identity {
  /** The owner, once it is known; `undefined` also if the application names none. */
  owner: string | undefined
  readonly #options: CheckedOptions
  readonly #request: FastifyRequest
  #payload: unknown
  #hasInit = false

  constructor(options: CheckedOptions, request: FastifyRequest) {
    this.#options = options
    this.#request = request
  }

  /** Whether `connection_init` names it. */
  get isByMessage(): boolean {
    return this.#options.authenticate !== undefined
  }

  /** Whether `connection_init` has to come before anything else, and has not. */
  get isAwaited(): boolean {
    return this.isByMessage && !this.#hasInit
  }

  /** Takes the payload of `connection_init`. `false`: there was one before. */
  init(payload: unknown): boolean {
    if (this.#hasInit) return false
    this.#hasInit = true
    this.#payload = payload
    return true
  }

  /**
   * Asks the application for the owner. A later answer has to be the same.
   * @throws {StreamingError} `authentication` if there is no owner, or another one than before. Errors of the application are passed on.
   */
  async ask(): Promise<string | undefined> {
    const { owner, authenticate } = this.#options
    let name: string | undefined
    if (authenticate !== undefined) name = await authenticate(this.#payload, this.#request)
    else if (owner) name = await owner(this.#request)
    else return undefined
    const known = checkedOwner(name)
    if (this.owner !== undefined && this.owner !== known) throw new StreamingError('authentication')
    this.owner = known
    return known
  }
}
