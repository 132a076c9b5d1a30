import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { DiagnosticsChannels } from '@sluice/core/server'
import type { StreamMeasurement } from '../../shared/api.ts'

/** How a run fares, as far as it can be told without looking at its log. */
export type RunFacts = Omit<StreamMeasurement, 'lastChunkId' | 'state'> & {
  readonly state: Exclude<StreamMeasurement['state'], 'elsewhere'>
}

type Mutable<Facts> = { -readonly [Name in keyof Facts]: Facts[Name] }
type Message<Name extends keyof DiagnosticsChannels> = DiagnosticsChannels[Name]

/** How long a run is remembered that has ended, in milliseconds. */
const REMEMBERED_MS = 60_000

/**
 * The runs of this process, as the hub tells of them through `node:diagnostics_channel`, and the application's `run`
 * itself: it alone knows when an attempt begins, and when the first word of it comes.
 */
export class Runs {
  readonly #runs = new Map<
    string,
    { readonly owner: string | undefined; readonly facts: Mutable<RunFacts> }
  >()
  readonly #listeners: readonly [name: keyof DiagnosticsChannels, listener: (message: unknown) => void][]

  constructor() {
    this.#listeners = [
      ['sluice:stream:start', (message) => this.#started(message as Message<'sluice:stream:start'>)],
      ['sluice:stream:retry', (message) => this.#retried(message as Message<'sluice:stream:retry'>)],
      ['sluice:stream:pause', (message) => this.#paused(message as Message<'sluice:stream:pause'>)],
      ['sluice:stream:resume', (message) => this.#resumed(message as Message<'sluice:stream:resume'>)],
      ['sluice:stream:end', (message) => this.#ended(message as Message<'sluice:stream:end'>)],
      ['sluice:viewer:attach', (message) => this.#watched(message as Message<'sluice:viewer:attach'>, 1)],
      ['sluice:viewer:detach', (message) => this.#watched(message as Message<'sluice:viewer:detach'>, -1)],
    ]
    for (const [name, listener] of this.#listeners) subscribe(name, listener)
  }

  /** Those of one owner: they run, or have ended a moment ago. */
  of(owner: string): RunFacts[] {
    return [...this.#runs.values()].filter((run) => run.owner === owner).map(({ facts }) => ({ ...facts }))
  }

  /** Those that run now, of all owners that are known by name. */
  running(): { readonly owner: string; readonly startedAt: number }[] {
    return [...this.#runs.values()].flatMap(({ owner, facts: { endedAt, startedAt } }) =>
      owner === undefined || endedAt !== null ? [] : [{ owner, startedAt }],
    )
  }

  /** The provider is asked, for the first time or again. */
  attempted(streamId: string): void {
    this.#change(streamId, { state: 'connecting' })
  }

  /** Something came of it. */
  spoke(streamId: string): void {
    const facts = this.#runs.get(streamId)?.facts
    if (facts?.state === 'connecting') facts.state = 'streaming'
  }

  close(): void {
    for (const [name, listener] of this.#listeners) unsubscribe(name, listener)
  }

  #started({ record }: Message<'sluice:stream:start'>): void {
    this.#forgetOld()
    const { streamId, owner, createdAt } = record
    const facts: RunFacts = {
      streamId,
      state: 'connecting',
      viewers: 0,
      retries: 0,
      retryError: null,
      pauses: 0,
      ttftMs: null,
      startedAt: createdAt,
      endedAt: null,
    }
    this.#runs.set(streamId, { owner, facts })
  }

  #retried({ record, error, retryCount }: Message<'sluice:stream:retry'>): void {
    this.#change(record.streamId, { state: 'retrying', retries: retryCount, retryError: error.type })
  }

  #paused({ record }: Message<'sluice:stream:pause'>): void {
    const pauses = this.#runs.get(record.streamId)?.facts.pauses ?? 0
    this.#change(record.streamId, { state: 'paused', pauses: pauses + 1 })
  }

  #resumed({ record }: Message<'sluice:stream:resume'>): void {
    this.#change(record.streamId, { state: 'streaming' })
  }

  #ended({ record, end }: Message<'sluice:stream:end'>): void {
    const { outcome, ttftMs } = end
    this.#change(record.streamId, {
      state: outcome,
      ttftMs: ttftMs === undefined ? null : Math.round(ttftMs),
      endedAt: Date.now(),
    })
  }

  #watched({ record }: Message<'sluice:viewer:attach' | 'sluice:viewer:detach'>, change: 1 | -1): void {
    const viewers = this.#runs.get(record.streamId)?.facts.viewers ?? 0
    this.#change(record.streamId, { viewers: viewers + change })
  }

  #change(streamId: string, change: Partial<RunFacts>): void {
    const run = this.#runs.get(streamId)
    if (run !== undefined) Object.assign(run.facts, change)
  }

  #forgetOld(): void {
    const before = Date.now() - REMEMBERED_MS
    for (const [streamId, { facts }] of this.#runs) {
      if (facts.endedAt !== null && facts.endedAt < before) this.#runs.delete(streamId)
    }
  }
}
