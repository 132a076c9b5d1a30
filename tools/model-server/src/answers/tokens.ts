import ranks from 'gpt-tokenizer/bpeRanks/o200k_base'
import { countTokens as countWithRanks, encode } from 'gpt-tokenizer/encoding/o200k_base'
import { BoundedMap } from '../bounded-map.ts'

/** The smallest output of a model: one token, or the few tokens that together make whole characters. */
export interface Token {
  /** Valid Unicode, never half a character. */
  readonly text: string
  /** How many of the model's tokens it is. */
  readonly count: number
  /** `text` as a JSON string, quotes included: the wire needs it for each viewer of the same answer. */
  readonly json: string
}

const empty = Buffer.alloc(0)

// Text that looks like a control token (`<|endoftext|>`) is ordinary text here, as it is to OpenAI's API.
const asPlainText = { disallowedSpecial: new Set<string>() }

// A benchmark asks the same question thousands of times; an answer is split once.
const tokenized = new BoundedMap<string, readonly Token[]>(64)

/** How many tokens of OpenAI's o200k vocabulary a text is. */
export function countTokens(text: string): number {
  return countWithRanks(text, asPlainText)
}

/**
 * Splits a text into tokens of OpenAI's o200k vocabulary, as a model would say it.
 *
 * A token may end in the middle of a UTF-8 character (rare Chinese, emoji with modifiers). The real API holds
 * such a token back until its character is whole; here it is joined with those that follow it.
 */
export function tokenize(text: string): readonly Token[] {
  const known = tokenized.get(text)
  if (known !== undefined) return known
  const tokens = split(text.toWellFormed())
  tokenized.set(text, tokens)
  return tokens
}

function split(text: string): readonly Token[] {
  const tokens: Token[] = []
  let pending: Buffer = empty
  let count = 0
  let offset = 0
  for (const id of encode(text, asPlainText)) {
    const value = ranks[id]
    if (value === undefined) throw new Error(`Token ${id} is not in the o200k vocabulary.`)
    pending = Buffer.concat([
      pending,
      typeof value === 'string' ? Buffer.from(value) : Uint8Array.from(value),
    ])
    count++
    // Half a character decodes to U+FFFD, which differs from what the text has at this place. (The tokenizer's
    // own `decode` keeps the half in a decoder that all its callers share.)
    const decoded = pending.toString()
    if (!text.startsWith(decoded, offset)) continue
    tokens.push({ text: decoded, count, json: JSON.stringify(decoded) })
    offset += decoded.length
    pending = empty
    count = 0
  }
  return tokens
}
