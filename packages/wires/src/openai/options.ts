import type { Hub, MaybePromise } from '@sluice/core/server'
import { InvalidOptionError } from '@sluice/core/transport'
import type { ViewingOptions } from '@sluice/fastify-sse'
import type { FastifyRequest } from 'fastify'
import type { OpenAiRequest } from './request/types.ts'

/** A model as clients see it: a definition of the hub, and how a request becomes its input. */
export interface OpenAiModel {
  /** The name of the definition. */
  readonly stream: string
  /**
   * Makes the input of the definition. A parameter that a program of the client relies on (`tools`, `response_format`, …) and
   * that this does not read is refused. It throws a `StreamingError` for a request that it cannot take; `param` and `code` of
   * its `context` reach the client.
   *
   * @example ({ messages, tools }) => ({ messages, tools })
   */
  readonly input: (request: OpenAiRequest, http: FastifyRequest) => MaybePromise<unknown>
  /** When the model was made, for `GET /models`, in seconds since the epoch. @default 0 */
  readonly created?: number
  /** The owner of the model, for `GET /models`. @default 'sluice' */
  readonly ownedBy?: string
}

/** Options of {@link openAi}. */
export interface OpenAiOptions extends ViewingOptions {
  /** The models, by the name that clients ask for: printable ASCII characters without spaces. */
  readonly models: Readonly<Record<string, OpenAiModel>>
  /** Gives `run` its `context`. @default undefined */
  readonly context?: (request: FastifyRequest) => MaybePromise<unknown>
  /** How large a request may be, in bytes: images are a part of it. @default that of the server, 1 MiB */
  readonly bodyLimit?: number
}

/** @throws InvalidOptionError that names the option, if a value is not valid */
export function checkModels(models: unknown, hub: Hub): asserts models is OpenAiOptions['models'] {
  if (typeof models !== 'object' || models === null || Object.keys(models).length === 0) {
    throw new InvalidOptionError('models has to be an object with at least one model.')
  }
  for (const [name, model] of Object.entries(models as Record<string, Partial<OpenAiModel>>)) {
    const option = `models[${JSON.stringify(name)}]`
    if (!/^[\x21-\x7e]{1,256}$/.test(name)) {
      throw new InvalidOptionError(
        `${option}: the name has to be 1 to 256 printable ASCII characters without spaces.`,
      )
    }
    if (typeof model.stream !== 'string' || !Object.hasOwn(hub.streams, model.stream)) {
      const names = Object.keys(hub.streams).join(', ')
      throw new InvalidOptionError(`${option}.stream has to be one of the hub's: ${names}.`)
    }
    if (typeof model.input !== 'function') {
      throw new InvalidOptionError(`${option}.input has to be a function.`)
    }
  }
}
