import type { Answers } from '../answers/answers.ts'
import { exampleArguments } from '../answers/example-arguments.ts'
import { longAnswer } from '../answers/long-answer.ts'
import type { Model } from '../answers/models.ts'
import { limitedTo, type Plan, type Segment, type ToolCall } from '../answers/plan.ts'
import type { Script } from './script.ts'

/** A tool that a client offers. */
export interface OfferedTool {
  /** Its name. */
  readonly name: string
  /** Its JSON Schema. */
  readonly parameters?: unknown
}

/** The content of a request, in terms that both APIs share. */
export interface Asked {
  /** The text of the last user message. */
  readonly question: string
  /** The tools that may be called. */
  readonly tools: readonly OfferedTool[]
  /** Whether the request brings the output of tools. */
  readonly bringsToolOutput: boolean
  /** The most tokens that the answer may have. */
  readonly maxTokens: number | undefined
  /** Texts that end the answer before they are said. */
  readonly stop: readonly string[]
}

const refusal = 'I’m sorry, but I can’t help with that.'

const thoughts =
  'The user wants to know something, so first: what exactly is the question? **Reading it again**, I see what is ' +
  'asked and what is taken for granted. I will begin with the short answer, then give the reasons, then an example, ' +
  'and leave out what does not help. 好，开始。'

/** Decides what a model says: by the script if there is one, by its behaviour if not. */
export function compose(model: Model, asked: Asked, answers: Answers, script?: Script): Plan {
  const segments = script === undefined ? undefined : scripted(script)
  const said = segments ?? behaved(model, asked, answers)
  const plan: Plan = {
    segments: said.map((segment) => (segment.kind === 'text' ? stopped(segment, asked.stop) : segment)),
    finish: script?.finish ?? (said.some(({ kind }) => kind === 'tool_call') ? 'tool_calls' : 'stop'),
    maxTokens: Number.POSITIVE_INFINITY,
  }
  return limitedTo(plan, asked.maxTokens, 'length')
}

/** The answer that a script sets; `undefined` if it leaves that to the model. */
function scripted({ reasoning, text, refusal, toolCalls }: Script): readonly Segment[] | undefined {
  if (reasoning === undefined && text === undefined && refusal === undefined && toolCalls === undefined)
    return
  return [
    ...(reasoning === undefined ? [] : [{ kind: 'reasoning' as const, text: reasoning }]),
    ...(text === undefined ? [] : [{ kind: 'text' as const, text }]),
    ...(refusal === undefined ? [] : [{ kind: 'refusal' as const, text: refusal }]),
    ...(toolCalls ?? []).map(call),
  ]
}

function behaved(model: Model, asked: Asked, answers: Answers): readonly Segment[] {
  const answer: Segment = { kind: 'text', text: answerTo(model, asked.question, answers) }
  switch (model.behaviour) {
    case 'refusal':
      return [{ kind: 'refusal', text: refusal }]
    case 'reasoning':
      return [{ kind: 'reasoning', text: thoughts }, answer]
    case 'tools':
      if (asked.tools.length === 0 || asked.bringsToolOutput) return [answer]
      return asked.tools.map(({ name, parameters }) =>
        call({ name, arguments: JSON.stringify(exampleArguments(parameters, asked.question)) }),
      )
    default:
      return [answer]
  }
}

/** The full text that a model answers a question with. */
export function answerTo(model: Model, question: string, answers: Answers): string {
  if (model.behaviour === 'echo') return question.toWellFormed()
  if (model.behaviour === 'refusal') return refusal
  return model.answerTokens === undefined ? answers.for(question) : longAnswer(model.answerTokens)
}

function call({ name, arguments: text }: ToolCall): Segment {
  return { kind: 'tool_call', text, toolName: name }
}

function stopped(segment: Segment, stop: readonly string[]): Segment {
  const ends = stop
    .map((text) => (text === '' ? -1 : segment.text.indexOf(text)))
    .filter((index) => index >= 0)
  return ends.length === 0 ? segment : { ...segment, text: segment.text.slice(0, Math.min(...ends)) }
}
