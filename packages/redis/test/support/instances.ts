import {
  type AnyStreamDefinition,
  type Clock,
  createHub,
  defineStream,
  type Hub,
  type StreamDefinitions,
  type StreamHandle,
} from '@sluice/core/server'
import {
  type RecordingSink,
  recordingSink,
  type ScriptedAttempt,
  type ScriptedSource,
  scriptedSource,
} from '@sluice/core/testing'
import { z } from 'zod'
import { type RedisLog, type RedisLogOptions, redisLog } from '../../src/index.ts'

/** A hub on a separate log, as a process of a deployment has it. */
export interface Instance {
  readonly hub: Hub<StreamDefinitions>
  readonly log: RedisLog
  readonly source: ScriptedSource
  /** Finds a stream, and reads it from the cursor on. */
  watch(streamId: string, after?: number): Promise<RecordingSink>
}

export function instance(
  options: RedisLogOptions,
  definition: Partial<Omit<AnyStreamDefinition, 'run'>> = {},
  hubOptions: { readonly clock?: Clock } = {},
): Instance {
  const source = scriptedSource()
  const chat = defineStream({ input: z.unknown(), ...definition, run: source.run })
  const log = redisLog(options)
  const hub = createHub<StreamDefinitions>({ streams: { chat }, log, closeDeadlineMs: 50, ...hubOptions })
  const watch = async (streamId: string, after = 0): Promise<RecordingSink> =>
    watching(await hub.find({ streamId, owner: undefined }), after)
  return { hub, log, source, watch }
}

export function watching(handle: StreamHandle, after = 0): RecordingSink {
  const sink = recordingSink()
  sink.watch(handle, { after })
  return sink
}

/** A stream that runs on one instance and is read on two. */
export interface Scene {
  readonly streamId: string
  readonly attempt: ScriptedAttempt
  readonly here: RecordingSink
  readonly there: RecordingSink
}

/** A stream that runs on A and is read on both, as far as three words. */
export async function scene([a, b]: readonly [Instance, Instance]): Promise<Scene> {
  const handle = await a.hub.start({ stream: 'chat', input: {} })
  const { streamId } = handle.record
  const attempt = await a.source.asked()
  attempt.push('a', 'b', 'c')
  const here = watching(handle)
  const there = await b.watch(streamId)
  await Promise.all([here.received(4), there.received(4)])
  return { streamId, attempt, here, there }
}
