import { StreamingError } from '../../errors.ts'
import type { AnyStreamDefinition, StreamDefinitions } from '../definition/define-stream.ts'
import type { LogReader, MaybePromise, StreamLog, StreamRecord, ThreadScope } from '../log/log.ts'
import {
  type Access,
  type Authorize,
  checkAccess,
  isInScope,
  mayAccess,
  noSuchStream,
  type Scope,
} from './access.ts'
import { scopedKey } from './idempotency.ts'
import { checkThread } from './thread.ts'

/** A stream, and the client that wants access to it. */
export interface StreamRequest extends Access {
  readonly streamId: string
  /** The name of the definition, if the address has it. It has to be the stream's. */
  readonly stream?: string | undefined
  /** The scope that the stream was started with, `null` for none. @default whatever scope it has */
  readonly scope?: Scope
}

/** The key of a start, and the client that wants access to what it began. */
export interface KeyRequest extends Access {
  /** The definition's name. */
  readonly stream: string
  readonly idempotencyKey: string
  /** The scope of the start. @default none */
  readonly scope?: Scope
}

/** A thread, and the client that wants access to it. */
export interface ThreadRequest extends Access {
  /** The definition's name. */
  readonly stream: string
  readonly thread: string
  /** The scope that its streams were started with, `null` for none. @default whatever scope they have */
  readonly scope?: Scope
}

/** The owner or the thread whose streams are listed, and the function that decides which of them. */
export type ListRequest = ({ readonly owner: string } | ThreadScope) & {
  /** @default all of them: the application decides who may ask */
  readonly authorize?: Authorize | undefined
}

/** A stream in a list. */
export type ListedStream = StreamRecord & { readonly ended: boolean }

/** Finds the definitions and the streams that a request names, and checks access to the streams. */
export class Lookup {
  readonly #streams: StreamDefinitions
  readonly #log: StreamLog

  constructor(streams: StreamDefinitions, log: StreamLog) {
    this.#streams = streams
    this.#log = log
  }

  /** @throws {StreamingError} `not_found` if the hub has no definition of this name. */
  definition(name: string): AnyStreamDefinition {
    const definition = Object.hasOwn(this.#streams, name) ? this.#streams[name] : undefined
    if (definition !== undefined) return definition
    const names = Object.keys(this.#streams).join(', ')
    throw new StreamingError('not_found', `There is no stream named '${name}'; there is: ${names}.`)
  }

  /** @throws {StreamingError} `not_found` if there is no such stream, or if the access is refused. */
  async open(request: StreamRequest, action: 'attach' | 'cancel'): Promise<LogReader> {
    const reader = await this.#log.open(request.streamId)
    if (reader === undefined) throw noSuchStream()
    if (request.stream !== undefined && request.stream !== reader.record.stream) throw noSuchStream()
    if (!isInScope(reader.record, request.scope)) throw noSuchStream()
    await checkAccess(reader.record, action, request)
    return reader
  }

  /**
   * The stream that a start with this key began.
   * @throws {StreamingError} `not_found`, `invalid_request`
   */
  async byKey(request: KeyRequest): Promise<LogReader | undefined> {
    const { stream, owner } = request
    this.definition(stream)
    const key = scopedKey(request)
    const reader = await this.#log.openByKey({ owner, stream, key })
    if (reader === undefined || !(await mayAccess(reader.record, 'attach', request))) return undefined
    return reader
  }

  /**
   * The newest stream of a thread that runs; if none runs, the newest that has ended.
   * @throws {StreamingError} `not_found`, `invalid_request`
   */
  async latest(request: ThreadRequest): Promise<LogReader | undefined> {
    const { stream, owner, thread, scope } = request
    this.definition(stream)
    checkThread(thread)
    const listed = await this.#log.listThread({ owner, thread })
    const readers = listed.filter(({ record }) => record.stream === stream && isInScope(record, scope))
    const reader = readers.findLast(({ ended }) => !ended) ?? readers.at(-1)
    if (reader === undefined || !(await mayAccess(reader.record, 'attach', request))) return undefined
    return reader
  }

  /** @throws {StreamingError} `invalid_request` if `thread` is no thread id. */
  async list(request: ListRequest): Promise<readonly ListedStream[]> {
    const { authorize } = request
    const listed: ListedStream[] = []
    for (const { record, ended } of await this.#readersOf(request)) {
      if (authorize === undefined || (await mayAccess(record, 'list', request)))
        listed.push({ ...record, ended })
    }
    return listed
  }

  #readersOf(of: ListRequest): MaybePromise<readonly LogReader[]> {
    if (!('thread' in of)) return this.#log.list(of.owner)
    checkThread(of.thread)
    return this.#log.listThread(of)
  }
}
