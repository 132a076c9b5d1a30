import type { Usage } from '../../events.ts'
import type { FinishPart, Part, ToolCallPart } from '../../parts.ts'
import type { FinishedRound } from '../definition/define-stream.ts'
import { finishOf } from './part-events.ts'

/**
 * The rounds of one answer. A source that asks its provider several times, an agent's loop for instance, yields a
 * `finish` at the end of each round; the parts that follow it begin the next one.
 */
export class Rounds {
  /** Whether the last round has finished, and no part has come since. A field: it is looked at for each part. */
  isFinished = false
  /** Of the last round, once it has finished. */
  #finishReason: string | undefined
  #usage: Usage | undefined
  #finished: FinishedRound[] = []
  /** The calls of this round without a result: by id, or by the source's index until they have one. */
  readonly #unanswered = new Set<string | number>()

  /** The source's indexes of this round that have had an id. */
  readonly #named = new Set<number>()

  /** Whether the answer is whole as it is. After a call of a tool another round has to come. */
  get isWhole(): boolean {
    return this.isFinished && this.#unanswered.size === 0 && this.#finishReason !== 'tool_calls'
  }

  /** Whether the round calls a tool that has no result, and has not finished: half a call is nothing to go on from. */
  get isWithinCalls(): boolean {
    return this.#unanswered.size > 0 && !this.isFinished
  }

  get finishReason(): string {
    return this.#finishReason ?? 'stop'
  }

  /** All that have finished. */
  get finished(): readonly FinishedRound[] {
    return this.#finished
  }

  /** Of all rounds together. */
  get usage(): Usage | undefined {
    return this.#usage
  }

  /** A part came after a finish, or another attempt goes on with the answer. */
  begin(): void {
    this.#finishReason = undefined
    this.isFinished = false
    this.#unanswered.clear()
    this.#named.clear()
  }

  /** A part of the round that is not plain text. */
  add(part: Exclude<Part, FinishPart | string>): void {
    if (part?.type === 'tool_call') this.#addCall(part)
    else if (part?.type === 'tool_result') this.#unanswered.delete(part.id)
  }

  /** @throws {StreamingError} if a field of it is not of its type. */
  finish(part: FinishPart): void {
    const round = finishOf(part)
    const { finishReason, usage } = round
    this.#finishReason = finishReason
    this.#finished.push(round)
    this.isFinished = true
    if (usage !== undefined) this.#usage = this.#usage === undefined ? usage : sum(this.#usage, usage)
  }

  /** Fragments after the first have no id, so the index stands for the call as long as it has none. */
  #addCall({ index, id }: ToolCallPart): void {
    if (id === undefined) {
      if (!this.#named.has(index)) this.#unanswered.add(index)
      return
    }
    this.#unanswered.delete(index)
    this.#named.add(index)
    this.#unanswered.add(id)
  }

  /** Nothing of what came stands. */
  restart(): void {
    this.begin()
    this.#usage = undefined
    this.#finished = []
  }
}

function sum({ details: one, ...usage }: Usage, { details: other, ...more }: Usage): Usage {
  const details = one || other ? { details: sumOf(one ?? {}, other ?? {}) } : {}
  return { ...usage, ...sumOf(usage, more), ...details }
}

function sumOf<T extends object>(one: T, other: T): T {
  const all = new Map<string, number>(Object.entries(one))
  for (const [name, count] of Object.entries(other)) all.set(name, (all.get(name) ?? 0) + count)
  return Object.fromEntries(all) as T
}
