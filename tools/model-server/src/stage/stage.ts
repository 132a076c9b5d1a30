import type { IncomingHttpHeaders } from 'node:http'
import type { Answers } from '../answers/answers.ts'
import { findModel, type Model } from '../answers/models.ts'
import { type Finish, type Plan, plannedTokens } from '../answers/plan.ts'
import { modelNotFound } from '../api/api-error.ts'
import { readHeaders } from '../api/request-headers.ts'
import { BoundedMap } from '../bounded-map.ts'
import type { DialectName } from '../dialects/dialects.ts'
import { type Fault, type FaultRequest, fault, parseFault } from '../faults/fault.ts'
import { faultDefinition } from '../faults/faults.ts'
import { changed, type Pace } from '../pace/pace.ts'
import type { RecordedRequest } from '../recording/recorder.ts'
import { type Asked, compose } from './compose.ts'
import { Scripts } from './script.ts'

/** The treatment of one request. */
export interface Performance {
  /** The model. */
  readonly model: Model
  /** The content of the answer. */
  readonly plan: Plan
  /** How fast. */
  readonly pace: Pace
  /** The fault, if there is one. */
  readonly fault: Fault | undefined
  /** How OpenAI's wire is spoken, in the order of the changes. */
  readonly dialects: readonly DialectName[]
}

/** Decides what each request gets, from the model's name, the headers and the scripts. */
export class Stage {
  /** Scripts for the next requests. */
  readonly scripts = new Scripts()
  readonly #answers: Answers
  readonly #pace: Pace
  readonly #failed = new BoundedMap<string, number>(10_000)
  #performances = 0

  /**
   * @param answers - what the models know
   * @param pace - how fast they talk unless told otherwise
   */
  constructor(answers: Answers, pace: Pace) {
    this.#answers = answers
    this.#pace = pace
  }

  /**
   * Decides what a request gets, and notes the fault on its record.
   *
   * @throws ApiError 404 for an unknown model, 400 for a header that makes no sense, and the error of a fault
   * of stage `status`
   */
  cast(record: RecordedRequest, headers: IncomingHttpHeaders, modelId: string, asked: Asked): Performance {
    const known = findModel(modelId)
    if (known === undefined) throw modelNotFound(modelId)
    const wishes = readHeaders(headers)
    const model = wishes.answerTokens === undefined ? known : { ...known, answerTokens: wishes.answerTokens }

    const script = this.scripts.take(record)
    const plan = compose(model, asked, this.#answers, script)
    const suffered =
      script?.fault === undefined
        ? this.#fault(record, wishes.fault ?? model.fault, model.id)
        : suffer(record, fault(script.fault, script.faultOptions ?? {}, model.id))

    // Each answer has different gaps, and the same ones when the same requests come again.
    const seed = this.#pace.seed + this.#performances++
    const pace = changed(changed({ ...this.#pace, seed }, wishes.pace), script?.pace ?? {})
    const dialects = model.dialect === undefined ? wishes.dialects : [model.dialect, ...wishes.dialects]
    return { model, ...afflicted(plan, suffered), pace, dialects }
  }

  /**
   * The fault that a request which is no request for an answer gets by its header, noted on its record.
   *
   * @throws ApiError 400 for a header that makes no sense, and the error of a fault of stage `status`
   */
  faultOf(record: RecordedRequest, headers: IncomingHttpHeaders): Fault | undefined {
    return this.#fault(record, readHeaders(headers).fault, '')
  }

  /** Forgets scripts, and which faults have been suffered how often. */
  reset(): void {
    this.scripts.clear()
    this.#failed.clear()
    this.#performances = 0
  }

  #fault(record: RecordedRequest, text: string | undefined, modelId: string): Fault | undefined {
    if (text === undefined) return undefined
    const request = parseFault(text)
    return this.#strikes(request) ? suffer(record, fault(request.name, request, modelId)) : undefined
  }

  #strikes({ key, times }: FaultRequest): boolean {
    const failed = this.#failed.get(key) ?? 0
    if (failed >= times) return false
    // Only what has a bound needs counting; a client may send any number of other keys.
    if (times !== Number.POSITIVE_INFINITY) this.#failed.set(key, failed + 1)
    return true
  }
}

/** Notes a fault, and throws its error if it has one. */
function suffer(record: RecordedRequest, suffered: Fault): Fault {
  record.fault = suffered.name
  record.changed()
  if (suffered.error !== undefined) throw suffered.error
  return suffered
}

/** Brings plan and fault together: a fault strikes within the answer, and some are the answer's end. */
function afflicted(plan: Plan, suffered: Fault | undefined): Pick<Performance, 'plan' | 'fault'> {
  if (suffered === undefined) return { plan, fault: undefined }
  const length = Math.min(plannedTokens(plan), plan.maxTokens)
  const struck = { ...suffered, afterTokens: Math.min(suffered.afterTokens, length) }
  if (faultDefinition(struck.name).stage !== 'answer') return { plan, fault: struck }
  return { plan: { ...plan, maxTokens: struck.afterTokens, finish: finishOf(struck) }, fault: struck }
}

function finishOf({ name }: Fault): Finish {
  switch (name) {
    case 'length':
    case 'incomplete':
      return 'length'
    case 'content-filter':
      return 'content_filter'
    case 'failed':
      return 'failed'
    default:
      return 'error'
  }
}
