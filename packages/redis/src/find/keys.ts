import { createHash } from 'node:crypto'
import type { IdempotencyScope, ThreadScope } from '@sluice/core/server'

/** The keys of one stream. Its id is their hash tag, so in a Cluster one script may touch them all. */
export interface StreamKeys {
  /** Hash: what is known of the stream, its fencing token, its last chunk_id, its lease, its cancel. */
  readonly meta: string
  /** Redis Stream: the events, with ids `{chunk_id}-0`. */
  readonly log: string
  /** Hash: what each instance says of its viewers, and until when that is known. */
  readonly viewers: string
  /** Pub/Sub: each append, whole. */
  readonly channel: string
}

/** Names everything that a log keeps in Redis. */
export class Keys {
  readonly #prefix: string
  /** Sorted set: running streams by when their lease ends, for the reaper. */
  readonly leases: string
  /** Sorted set: the cancelled keys of all owners, by when they were cancelled. */
  readonly refused: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.leases = `${prefix}{leases}`
    this.refused = `${prefix}{refused}`
  }

  of(streamId: string): StreamKeys {
    const base = `${this.#prefix}{${streamId}}`
    return {
      meta: `${base}:meta`,
      log: `${base}:log`,
      viewers: `${base}:viewers`,
      channel: `${base}:events`,
    }
  }

  /** String: what a Redis that has lost everything has lost too. */
  epoch(tag: string): string {
    return `${this.#prefix}{${tag}}`
  }

  /** String: the stream that an idempotency key began, or that the key was cancelled. */
  idempotency({ owner, stream, key }: IdempotencyScope): string {
    return `${this.#prefix}{${digest([owner ?? null, stream, key])}}:key`
  }

  /** Sorted set: an owner's streams by when they were created. */
  owner(owner: string): string {
    return `${this.#prefix}{${digest([owner])}}:owner`
  }

  /** Sorted set: the cancelled keys of an owner, or of all clients without one, by when they were cancelled. */
  refusedOf(owner: string | undefined): string {
    return `${this.#prefix}{${digest([owner ?? null, 'refused'])}}:refused`
  }

  /** Of an owner's ended streams a sorted set by when they ended, and a hash of their bytes and the total. */
  endedOf(owner: string): { readonly ended: string; readonly sizes: string } {
    const base = `${this.#prefix}{${digest([owner])}}`
    return { ended: `${base}:ended`, sizes: `${base}:sizes` }
  }

  /** Sorted set: a thread's streams by when they were created. */
  thread({ owner, thread }: ThreadScope): string {
    return `${this.#prefix}{${digest([owner ?? null, 'thread', thread])}}:thread`
  }

  /** Pub/Sub: what one instance is told, cancels above all. */
  inbox(instanceId: string): string {
    return `${this.#prefix}inbox:${instanceId}`
  }
}

/** JSON, because no separator is safe from an owner that contains it; a digest, because Redis shows its keys. */
function digest(parts: readonly (string | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}
