import { z } from 'zod'
import type { Part } from '../src/parts.ts'
import {
  defineStream,
  type StreamDefinition,
  type StreamEnd,
} from '../src/server/definition/define-stream.ts'
import type { ViewerOptions } from '../src/server/delivery/viewer.ts'
import type { StreamHandle } from '../src/server/hub/handle.ts'
import { createHub, type Hub, type HubOptions } from '../src/server/hub/hub.ts'
import type { StartRequest } from '../src/server/hub/starts.ts'
import type { StreamLog } from '../src/server/log/log.ts'
import { type MemoryLog, type MemoryLogOptions, memoryLog } from '../src/server/log/memory-log.ts'
import {
  type ManualClock,
  manualClock,
  type RecordingSink,
  recordingSink,
  type ScriptedAttempt,
  type ScriptedSource,
  type ScriptOptions,
  scriptedSource,
  settle,
} from '../src/testing/index.ts'

/** No pressure: what the machine is doing beside the test is not its subject. */
export const CALM = { sample: () => ({ memory: 0, eventLoopDelayMs: 0 }) }

export interface HarnessOptions {
  /** Of the definition `chat`. */
  readonly definition?: Partial<StreamDefinition>
  readonly hub?: Partial<HubOptions>
  readonly log?: MemoryLogOptions
  readonly source?: ScriptOptions
  /** The log that the hub uses. */
  readonly asSeen?: (log: MemoryLog) => StreamLog
}

/** A hub with one definition, whose source, clock and viewers a test plays. */
export class Harness {
  readonly clock: ManualClock = manualClock()
  readonly source: ScriptedSource<Part>
  readonly log: MemoryLog
  readonly hub: Hub
  /** The arguments of the calls of `onEnd`. */
  readonly ends: StreamEnd[] = []
  readonly logged: { readonly level: string; readonly facts: object; readonly message: string }[] = []

  /** The lines that were logged at `trace`. */
  readonly traced: object[] = []

  constructor({ definition, hub, log, source, asSeen = (same) => same }: HarnessOptions = {}) {
    this.source = scriptedSource(source)
    this.log = memoryLog({ ...log, clock: this.clock })
    const chat = defineStream({
      input: z.unknown(),
      run: this.source.run,
      onEnd: (end) => void this.ends.push(end),
      ...definition,
    } as StreamDefinition)
    const note = (level: string) => (facts: object, message: string) => {
      this.logged.push({ level, facts, message })
    }
    this.hub = createHub({
      streams: { chat },
      log: asSeen(this.log),
      clock: this.clock,
      pressure: CALM,
      logger: {
        error: note('error'),
        warn: note('warn'),
        info: note('info'),
        debug: note('debug'),
        trace: (facts) => void this.traced.push(facts),
      },
      ...hub,
    })
  }

  start(request: Partial<StartRequest> = {}): Promise<StreamHandle> {
    return this.hub.start({ stream: 'chat', input: {}, ...request })
  }

  /** Starts a stream that one viewer watches from the start. */
  async play(viewer: Partial<ViewerOptions> = {}): Promise<Scene> {
    const stream = await this.start()
    const sink = recordingSink()
    sink.watch(stream, viewer)
    return { stream, sink, attempt: await this.source.asked() }
  }

  /** The next attempt, asked for once `ms` have passed. */
  async retried(ms: number): Promise<ScriptedAttempt> {
    await this.clock.pass(ms)
    return this.source.asked()
  }
}

/** A stream under way. */
export interface Scene {
  readonly stream: StreamHandle
  readonly sink: RecordingSink
  readonly attempt: ScriptedAttempt
}

/** Everything that a stream's log has, from its start. */
export async function readAll(stream: StreamHandle): Promise<RecordingSink> {
  const sink = recordingSink()
  sink.watch(stream)
  await settle()
  if (sink.reason === undefined) sink.viewer.detach()
  return sink
}
