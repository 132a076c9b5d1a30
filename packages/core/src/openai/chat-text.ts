import type { ContentPart, FilePart, ReasoningPart, SourcePart, ToolCallPart } from '../parts.ts'
import { fieldsOf, kindOf, textOf } from '../provider/fields.ts'

/** The parts that the chunks of Chat Completions are converted to. */
export type ChatPart = ContentPart | ReasoningPart | ToolCallPart | SourcePart | FilePart

/**
 * Puts the parts of a delta's `content` behind those that are there. It is text; Mistral, and what speaks like
 * Anthropic, sends a list of blocks, thinking among them. Blocks that have no text (references, images) are left out.
 * @throws {string} what is wrong with it
 */
export function takeContent(content: unknown, parts: ChatPart[]): void {
  if (content === null || content === undefined || content === '') return
  if (typeof content === 'string') {
    parts.push({ type: 'content', content })
    return
  }
  if (typeof content !== 'object') throw `has a content that is ${kindOf(content)}`
  for (const block of Array.isArray(content) ? content : [content]) {
    const fields = fieldsOf(block)
    const thinking = joined(fields?.thinking)
    if (thinking !== undefined) parts.push({ type: 'reasoning', content: thinking })
    const text = textOf(block) ?? textOf(fields?.text)
    if (text !== undefined) parts.push({ type: 'content', content: text })
  }
}

/** Reasoning, by the first of these fields that says something: DeepSeek's and vLLM's name, OpenRouter's and Ollama's. */
export function reasoningOf(delta: Readonly<Record<string, unknown>>): string | undefined {
  return textOf(delta.reasoning_content) ?? textOf(delta.reasoning)
}

function joined(value: unknown): string | undefined {
  if (!Array.isArray(value)) return textOf(value)
  return textOf(value.map((block) => textOf(block) ?? textOf(fieldsOf(block)?.text) ?? '').join(''))
}
