import type { EventOf, InputOf, StreamShapes } from '@sluice/core'
import { useEffect, useState, useSyncExternalStore } from 'react'
import type { StreamClient } from '../client.ts'
import type { Snapshot } from '../snapshot.ts'
import { StreamFollower, type UseStreamResult } from './stream-follower.ts'

/** Options of {@link useStream}. */
export interface UseStreamOptions {
  /**
   * A stream that the server knows of: it is followed from its beginning, on mount and whenever this changes.
   * @default none
   */
  readonly streamId?: string | undefined
  /**
   * Under which key the running stream is remembered in the client's storage, and found again on mount. Another
   * key (or name) is another place: what was followed is left, and what runs there is found. `false`: not
   * remembered.
   * @default the stream's name
   */
  readonly resume?: string | false | undefined
  /** Called once, when the stream has ended. Not on unmount, which only detaches. */
  readonly onEnd?: ((snapshot: Snapshot) => void) | undefined
}

/**
 * Follows one stream at a time, and renders at most once per frame whatever the token rate.
 *
 * Unmounting detaches; the generation goes on, and the next mount finds it. When `client` changes while a stream
 * runs, the new one goes on from what is there: make it once, outside of the component, and not in each render.
 *
 * @example
 * const { text, start, stop, isRunning } = useStream(client, 'chat')
 */
export function useStream<S extends StreamShapes, N extends keyof S & string>(
  client: StreamClient<S>,
  name: N,
  options: UseStreamOptions = {},
): UseStreamResult<InputOf<S[N]>, EventOf<S[N]>> {
  const { streamId, resume = name, onEnd } = options
  const wanted = { client, name, streamId, resume, onEnd }
  const [follower] = useState(() => new StreamFollower(wanted))
  useEffect(() => follower.update(wanted))
  useEffect(() => follower.mount(), [follower])
  useSyncExternalStore(follower.subscribe, follower.result, follower.result)
  return follower.resultFor(wanted)
}
