import { type DialectName, isDialectName } from '../dialects/dialects.ts'
import { isFaultName } from '../faults/faults.ts'

/** The way a model treats a question. */
export type Behaviour = 'answer' | 'echo' | 'reasoning' | 'refusal' | 'tools'

/** A model as this server knows it. */
export interface Model {
  /** The name that clients ask for. */
  readonly id: string
  /** The dated name that answers carry, as OpenAI's do for an alias. */
  readonly snapshot: string
  /** When it came out, in seconds since 1970. */
  readonly created: number
  /** Whose it is. */
  readonly ownedBy: string
  /** The way it treats a question. */
  readonly behaviour: Behaviour
  /** Describes its behaviour, for the tables in the README and in `--help`. */
  readonly effect: string
  /** The length of its answers, in tokens, if the name fixes it. */
  readonly answerTokens?: number
  /** The fault that the name asks for, as in the header `x-model-fault`. */
  readonly fault?: string
  /** The dialect that the name asks for, as in the header `x-model-dialect`. */
  readonly dialect?: DialectName
}

const sluiceCreated = 1_767_225_600

function openai(id: string, snapshot: string, created: number): Model {
  return { id, snapshot, created, ownedBy: 'system', behaviour: 'answer', effect: 'answers the question' }
}

function other(id: string, snapshot: string, ownedBy: string): Model {
  return {
    id,
    snapshot,
    created: sluiceCreated,
    ownedBy,
    behaviour: 'answer',
    effect: 'answers the question',
  }
}

function sluice(id: string, behaviour: Behaviour, effect: string): Model {
  return { id, snapshot: id, created: sluiceCreated, ownedBy: 'sluice', behaviour, effect }
}

/** The models that have a name of their own. */
export const models: readonly Model[] = [
  openai('gpt-5', 'gpt-5-2025-08-07', 1_754_425_777),
  openai('gpt-5-mini', 'gpt-5-mini-2025-08-07', 1_754_425_928),
  openai('gpt-5-nano', 'gpt-5-nano-2025-08-07', 1_754_426_384),
  openai('gpt-4.1', 'gpt-4.1-2025-04-14', 1_744_316_542),
  openai('gpt-4.1-mini', 'gpt-4.1-mini-2025-04-14', 1_744_318_173),
  openai('gpt-4o', 'gpt-4o-2024-08-06', 1_715_367_049),
  openai('gpt-4o-mini', 'gpt-4o-mini-2024-07-18', 1_721_172_741),
  other('claude-opus-4-5', 'claude-opus-4-5-20251101', 'anthropic'),
  other('claude-sonnet-4-5', 'claude-sonnet-4-5-20250929', 'anthropic'),
  other('gemini-2.5-flash', 'gemini-2.5-flash', 'google'),
  other('gemini-2.5-pro', 'gemini-2.5-pro', 'google'),
  sluice('sluice-echo', 'echo', 'says the last user message, character for character'),
  sluice(
    'sluice-reasoning',
    'reasoning',
    'thinks first (`reasoning_content`, or a reasoning item), then answers',
  ),
  sluice('sluice-refusal', 'refusal', 'refuses'),
  sluice('sluice-tools', 'tools', 'calls each tool it was given, and answers once it has their output'),
]

const byId = new Map(models.map((model) => [model.id, model]))

/**
 * Finds a model by the name that a client asks for, including the names that say what is wanted:
 * `sluice-long-<N>k` or `sluice-long-<N>` (an answer of that many tokens), `sluice-fault-<fault>` and `sluice-dialect-<dialect>`.
 */
export function findModel(id: string): Model | undefined {
  const model = byId.get(id) ?? models.find(({ snapshot }) => snapshot === id)
  if (model !== undefined) return model

  const long = /^sluice-long-([1-9]\d{0,6})(k?)$/.exec(id)
  if (long !== null) {
    const answerTokens = Number(long[1]) * (long[2] === 'k' ? 1000 : 1)
    return { ...sluice(id, 'answer', `answers in ${answerTokens} tokens`), answerTokens }
  }

  const prefix = 'sluice-fault-'
  const fault = id.startsWith(prefix) ? id.slice(prefix.length) : undefined
  if (fault !== undefined && isFaultName(fault.split(';')[0]?.trim() ?? '')) {
    return { ...sluice(id, 'answer', 'fails'), fault }
  }

  const dialect = /^sluice-dialect-(.+)$/.exec(id)?.[1]
  if (dialect !== undefined && isDialectName(dialect)) {
    return { ...sluice(id, 'answer', 'answers in a dialect'), dialect }
  }
  return undefined
}
