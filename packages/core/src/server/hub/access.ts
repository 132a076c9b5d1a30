import { StreamingError } from '../../errors.ts'
import type { MaybePromise, StreamRecord } from '../log/log.ts'

/** The access that a client wants to a stream that exists: to read it, to stop it, or to see it in a list. */
export type AccessAction = 'attach' | 'cancel' | 'list'

/** A question to {@link Authorize}. */
export interface AccessRequest {
  /** The name of the client, from the `owner` option of the transport. */
  readonly owner: string | undefined
  readonly stream: {
    readonly streamId: string
    /** The definition's name. */
    readonly name: string
    /** The name of the client that started it. */
    readonly owner: string | undefined
    /** Milliseconds since the epoch. */
    readonly createdAt: number
  }
  readonly action: AccessAction
}

/** Decides on an access. `false`, or anything thrown, looks to the asker as if the stream did not exist. */
export type Authorize = (request: AccessRequest) => MaybePromise<boolean>

/** The owner of a stream may do everything with it. If a stream has no owner, everyone that knows its 128-bit id may. */
export const sameOwner: Authorize = ({ owner, stream }) =>
  stream.owner === undefined || stream.owner === owner

/** The client that wants access, and the function that decides. */
export interface Access {
  readonly owner?: string | undefined
  /** @default the same owner */
  readonly authorize?: Authorize | undefined
}

/**
 * The scope in which a client looks for a stream. A text: the stream has to have been started with it; `null`: without a
 * scope; `undefined`: it may have any, because the application has decided about the access.
 */
export type Scope = string | null | undefined

/** Whether a stream is in the scope in which it is looked for. */
export function isInScope(record: StreamRecord, scope: Scope): boolean {
  return scope === undefined || scope === (record.scope ?? null)
}

/** The answer for an id that does not exist and for one that is somebody else's: one and the same. */
export function noSuchStream(cause?: unknown): StreamingError {
  return new StreamingError('not_found', 'There is no such stream, or it is not yours.', { cause })
}

/** @throws {StreamingError} `not_found` if the access is refused. */
export async function checkAccess(record: StreamRecord, action: AccessAction, access: Access): Promise<void> {
  const { authorize = sameOwner } = access
  let mayPass: boolean
  try {
    mayPass = await authorize(questionOf(record, action, access))
  } catch (error) {
    // An answer that cannot be had is a refusal, and must not be told from one.
    throw noSuchStream(error)
  }
  if (mayPass !== true) throw noSuchStream()
}

/** As {@link checkAccess}: whether it is allowed. */
export async function mayAccess(
  record: StreamRecord,
  action: AccessAction,
  access: Access,
): Promise<boolean> {
  try {
    await checkAccess(record, action, access)
    return true
  } catch {
    return false
  }
}

function questionOf(record: StreamRecord, action: AccessAction, access: Access): AccessRequest {
  const { streamId, stream: name, owner, createdAt } = record
  return { owner: access.owner, stream: { streamId, name, owner, createdAt }, action }
}
