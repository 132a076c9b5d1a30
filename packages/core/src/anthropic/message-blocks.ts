import { type Fields, fieldsOf, textOf } from '../provider/fields.ts'

interface Block {
  readonly fields: Fields
  text: string
  thinking: string
  signature: string
  json: string
  readonly citations: unknown[]
}

/**
 * Puts the blocks of the assistant's message together, as the next request has to repeat them: with the signatures of
 * thinking, and with the blocks of tools that run at the provider.
 */
export class MessageBlocks {
  readonly #blocks = new Map<number, Block>()

  get content(): readonly object[] {
    return [...this.#blocks.values()].map(whole)
  }

  /** Notes a block as it begins. */
  begin(index: number, fields: Fields): void {
    this.#blocks.set(index, {
      fields,
      text: textOf(fields.text) ?? '',
      thinking: textOf(fields.thinking) ?? '',
      signature: textOf(fields.signature) ?? '',
      json: '',
      citations: Array.isArray(fields.citations) ? [...fields.citations] : [],
    })
  }

  /** Notes a piece of a block. */
  add(index: number, delta: Fields): void {
    const block = this.#blocks.get(index)
    if (block === undefined) return
    block.text += textOf(delta.text) ?? ''
    block.thinking += textOf(delta.thinking) ?? ''
    block.signature += textOf(delta.signature) ?? ''
    block.json += textOf(delta.partial_json) ?? ''
    if (fieldsOf(delta.citation) !== undefined) block.citations.push(delta.citation)
  }
}

function whole({ fields, text, thinking, signature, json, citations }: Block): object {
  if (fields.type === 'thinking') return { ...fields, thinking, signature }
  if (fields.type === 'text') return { type: 'text', text, ...(citations.length > 0 && { citations }) }
  return json === '' ? fields : { ...fields, input: parsed(json) }
}

/** The input of a call that was cut is half a JSON text. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return {}
  }
}
