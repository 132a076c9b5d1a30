import type { Finish, ToolCall } from '../answers/plan.ts'
import type { FaultOptions } from '../faults/fault.ts'
import type { FaultName } from '../faults/faults.ts'
import type { PaceChange } from '../pace/pace.ts'
import type { ModelRequest } from '../recording/recorder.ts'

/** An instruction for the next requests for an answer, in place of the server's usual behaviour. */
export interface Script {
  /**
   * Which requests it is for; others leave it to the next.
   * @default all
   */
  readonly when?: (request: ModelRequest) => boolean
  /**
   * How many requests it is for.
   * @default 1
   */
  readonly times?: number | undefined
  /**
   * The text of the answer.
   * @default what the model would say
   */
  readonly text?: string | undefined
  /**
   * The reasoning of the model before its answer.
   * @default nothing, for a script with a `text`, `refusal` or `toolCalls`
   */
  readonly reasoning?: string | undefined
  /** The words with which the model refuses. */
  readonly refusal?: string | undefined
  /** The tools that it calls. */
  readonly toolCalls?: readonly ToolCall[] | undefined
  /**
   * Why the answer ends.
   * @default 'tool_calls' with `toolCalls`, 'stop' without
   */
  readonly finish?: Finish | undefined
  /** A fault. */
  readonly fault?: FaultName | undefined
  /** The details of the fault. */
  readonly faultOptions?: FaultOptions | undefined
  /** Differences from the server's pace. */
  readonly pace?: PaceChange | undefined
}

/** The scripts that are waiting for their request. */
export class Scripts {
  #waiting: { readonly script: Script; left: number }[] = []

  /** Adds scripts behind those that are there. */
  add(...scripts: readonly Script[]): void {
    this.#waiting.push(...scripts.map((script) => ({ script, left: script.times ?? 1 })))
  }

  /** Takes the first script that is for this request. */
  take(request: ModelRequest): Script | undefined {
    const entry = this.#waiting.find(({ script }) => script.when?.(request) ?? true)
    if (entry === undefined) return undefined
    entry.left--
    if (entry.left <= 0) this.#waiting = this.#waiting.filter((other) => other !== entry)
    return entry.script
  }

  /** Forgets them all. */
  clear(): void {
    this.#waiting = []
  }
}
