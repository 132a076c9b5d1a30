import { StreamingError } from '../../errors.ts'
import type { MaybePromise, StreamRecord } from '../log/log.ts'

/** What somebody wants to do with a stream that exists. */
export type AccessAction = 'attach' | 'cancel' | 'list'

/** A question to {@link Authorize}. */
export interface AccessRequest {
  /** Who asks, as the `owner` option of the transport named them. */
  readonly owner: string | undefined
  readonly stream: {
    readonly streamId: string
    /** The definition's name. */
    readonly name: string
    /** Who started it. */
    readonly owner: string | undefined
    /** Milliseconds since the epoch. */
    readonly createdAt: number
  }
  readonly action: AccessAction
}

/** Decides on an access. `false`, or anything thrown, looks to the asker as if the stream did not exist. */
export type Authorize = (request: AccessRequest) => MaybePromise<boolean>

/** The owner may do everything; where a stream has no owner, whoever knows its 128-bit id may. */
export const sameOwner: Authorize = ({ owner, stream }) =>
  stream.owner === undefined || stream.owner === owner

/** Who asks, and who decides. */
export interface Access {
  readonly owner?: string | undefined
  /** @default the same owner */
  readonly authorize?: Authorize | undefined
}

/** The answer for an id that does not exist and for one that is somebody else's: one and the same. */
export function noSuchStream(cause?: unknown): StreamingError {
  return new StreamingError('not_found', 'There is no such stream, or it is not yours.', { cause })
}

/** @throws {StreamingError} `not_found` if the access is refused. */
export async function checkAccess(record: StreamRecord, action: AccessAction, access: Access): Promise<void> {
  if ((await ask(access.authorize ?? sameOwner, requestFor(record, action, access))) !== true)
    throw noSuchStream()
}

/** As {@link checkAccess}, as a question. */
export function mayAccess(record: StreamRecord, action: AccessAction, access: Access): Promise<boolean> {
  return checkAccess(record, action, access).then(
    () => true,
    () => false,
  )
}

function requestFor(record: StreamRecord, action: AccessAction, access: Access): AccessRequest {
  const { streamId, stream: name, owner, createdAt } = record
  return { owner: access.owner, stream: { streamId, name, owner, createdAt }, action }
}

/** An answer that cannot be had is a refusal, and must not be told from one. */
async function ask(authorize: Authorize, request: AccessRequest): Promise<boolean> {
  try {
    return await authorize(request)
  } catch (error) {
    throw noSuchStream(error)
  }
}
