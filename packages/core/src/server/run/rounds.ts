import type { Usage } from '../../events.ts'
import type { FinishPart, Part } from '../../parts.ts'

/**
 * The rounds of one answer. A source that asks its provider several times, an agent's loop for instance, yields a
 * `finish` at the end of each round; the parts that follow it begin the next one.
 */
export class Rounds {
  /** Of the last round, once it has finished. */
  #finishReason: string | undefined
  #usage: Usage | undefined
  #hasCalls = false

  /** Whether the last round has finished, and no part has come since. */
  get isFinished(): boolean {
    return this.#finishReason !== undefined
  }

  /** Whether the answer is whole as it is. After a call of a tool another round has to come. */
  get isWhole(): boolean {
    return this.isFinished && !this.#hasCalls && this.#finishReason !== 'tool_calls'
  }

  /** Whether the round has begun to call a tool, and not finished: half a call is nothing to go on from. */
  get isWithinCalls(): boolean {
    return this.#hasCalls && !this.isFinished
  }

  get finishReason(): string {
    return this.#finishReason ?? 'stop'
  }

  /** Of all rounds together. */
  get usage(): Usage | undefined {
    return this.#usage
  }

  add(part: Exclude<Part, FinishPart>): void {
    if (this.#finishReason !== undefined) {
      this.#finishReason = undefined
      this.#hasCalls = false
    }
    if (typeof part !== 'string' && part?.type === 'tool_call') this.#hasCalls = true
  }

  finish({ finishReason, usage }: FinishPart): void {
    this.#finishReason = finishReason
    if (usage !== undefined) this.#usage = this.#usage === undefined ? usage : sum(this.#usage, usage)
  }

  /** Nothing of what came stands. */
  restart(): void {
    this.#finishReason = undefined
    this.#usage = undefined
    this.#hasCalls = false
  }
}

function sum(one: Usage, other: Usage): Usage {
  const all: Record<string, number> = { ...one }
  for (const [name, count] of Object.entries(other) as [string, number | undefined][]) {
    if (count !== undefined) all[name] = (all[name] ?? 0) + count
  }
  return all as unknown as Usage
}
