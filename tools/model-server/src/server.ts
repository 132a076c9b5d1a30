import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import fastify, { type FastifyBaseLogger } from 'fastify'
import { readAnswers } from './answers/answers.ts'
import { addMessagesRoute } from './anthropic/messages-route.ts'
import { addAuthentication, addErrorReplies } from './api/error-replies.ts'
import { addModelRoutes } from './api/model-routes.ts'
import { BoundedMap } from './bounded-map.ts'
import { addChatRoute } from './chat/chat-route.ts'
import type { FaultOptions } from './faults/fault.ts'
import type { FaultName } from './faults/faults.ts'
import { addContentRoute } from './gemini/content-route.ts'
import { changed, defaultPace, type PaceChange } from './pace/pace.ts'
import { readPace } from './pace/pace-schema.ts'
import { addInspectionRoutes } from './recording/inspection-routes.ts'
import { type ModelRequest, Recorder } from './recording/recorder.ts'
import { addRecording } from './recording/recording.ts'
import { addResponseRoute } from './responses/response-route.ts'
import type { StoredResponse } from './responses/stored-response.ts'
import { addStoredResponseRoutes } from './responses/stored-response-routes.ts'
import type { Script } from './stage/script.ts'
import { Stage } from './stage/stage.ts'

/** How a model server is set up. */
export interface ModelServerOptions extends PaceChange {
  /**
   * TCP port; 0 takes a free one.
   * @default 0
   */
  readonly port?: number | undefined
  /**
   * Address to listen on.
   * @default '127.0.0.1'
   */
  readonly host?: string | undefined
  /**
   * The logger of Fastify.
   * @default none: nothing is logged
   */
  readonly logger?: FastifyBaseLogger | undefined
  /**
   * How many requests are kept on record, and how many responses of the Responses API.
   * @default 1000
   */
  readonly maxRequests?: number | undefined
  /**
   * Opens `/_requests`, `/_answers` and `/_scripts` to other processes, as a bearer token.
   * @default a random one, `server.inspectionToken`
   */
  readonly inspectionToken?: string | undefined
}

/** A running model server. */
export interface ModelServer {
  /** Its address, `http://127.0.0.1:49152`. */
  readonly url: string
  /** The `baseURL` for an OpenAI client: the address with `/v1`. */
  readonly baseURL: string
  /** The port it listens on. */
  readonly port: number
  /** The bearer token for `/_requests`, `/_answers` and `/_scripts`. */
  readonly inspectionToken: string
  /** The last requests to the API, oldest first. */
  readonly requests: readonly ModelRequest[]
  /** Hands out requests in the order they arrived, each once, and waits when there is none left. */
  nextRequest(): Promise<ModelRequest>
  /**
   * Resolves with a request of which `accepts` holds, one on record or one to come; it is asked again with every
   * change. Rejects when the server is closed.
   */
  waitFor(accepts: (request: ModelRequest) => boolean): Promise<ModelRequest>
  /** The exact text that a question is answered with by the models that answer. */
  answerFor(question: string): string
  /** Says what the next requests for an answer get, instead of what they would. */
  script(...scripts: readonly Script[]): void
  /**
   * Lets the next requests for an answer fail.
   *
   * @param fault - its name: `429`, `stall`, `reset`, …
   * @param options - its details, and `times`: how many requests fail (1 by default)
   */
  fail(fault: FaultName, options?: FaultOptions & { readonly times?: number }): void
  /** Forgets requests, scripts, stored responses (their generation stops) and the counts of faults. */
  reset(): void
  /** Ends live responses and stops listening; a second call waits for the first. */
  close(): Promise<void>
}

/**
 * Starts a server that speaks OpenAI's, Anthropic's and Gemini's API.
 *
 * @throws RangeError when an option of the pace makes no sense
 * @throws Error with `code: 'EADDRINUSE'` when the port is taken
 */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const { host = '127.0.0.1', port = 0, logger, maxRequests = 1000 } = options
  const { inspectionToken = randomBytes(24).toString('base64url') } = options
  const answers = readAnswers()
  const stage = new Stage(answers, changed(defaultPace, readPace(options)))
  const recorder = new Recorder(maxRequests)
  const closing = new AbortController()
  const stored = new BoundedMap<string, StoredResponse>(maxRequests)
  const responses = { stage, stored, closing: closing.signal }
  const reset = () => {
    for (const response of stored.values()) response.cancel()
    stored.clear()
    recorder.clear()
    stage.reset()
  }

  const app = fastify({
    ...(logger && { loggerInstance: logger }),
    bodyLimit: 32 * 1024 * 1024,
    forceCloseConnections: true,
  })
  addRecording(app, recorder)
  addAuthentication(app)
  addErrorReplies(app)
  addModelRoutes(app)
  addChatRoute(app, stage, closing.signal)
  addResponseRoute(app, responses)
  addStoredResponseRoutes(app, responses)
  addMessagesRoute(app, stage, closing.signal)
  addContentRoute(app, stage, closing.signal)
  addInspectionRoutes(app, { recorder, answers, stage, reset, token: inspectionToken })
  await app.listen({ host, port })

  const address = app.server.address() as AddressInfo
  const url = `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
  let closed: Promise<void> | undefined
  return {
    url,
    baseURL: `${url}/v1`,
    port: address.port,
    inspectionToken,
    get requests() {
      return recorder.requests
    },
    nextRequest: () => recorder.next(),
    waitFor: (accepts) => recorder.waitFor(accepts),
    answerFor: (question) => answers.for(question),
    script: (...scripts) => stage.scripts.add(...scripts),
    fail: (fault, { times = 1, ...faultOptions } = {}) => stage.scripts.add({ fault, faultOptions, times }),
    reset,
    close() {
      closing.abort()
      recorder.close()
      closed ??= app.close()
      return closed
    },
  }
}
