import type { Part } from '../../parts.ts'
import type { ToolCall } from '../definition/define-stream.ts'

interface OpenToolCall {
  id: string | undefined
  name: string | undefined
  arguments: string
}

/** The answer as it grows, for whoever wants it whole when it has ended. */
export class Answer {
  text = ''
  reasoning = ''
  #toolCalls: Map<number, OpenToolCall> | undefined

  get toolCalls(): readonly ToolCall[] {
    return [...(this.#toolCalls?.values() ?? [])]
  }

  add(part: Exclude<Part, string>): void {
    switch (part.type) {
      case 'content':
        this.text += part.content
        return
      case 'reasoning':
        this.reasoning += part.content
        return
      case 'tool_call': {
        this.#toolCalls ??= new Map()
        const call = this.#toolCalls.get(part.index) ?? { id: undefined, name: undefined, arguments: '' }
        this.#toolCalls.set(part.index, call)
        call.id ??= part.id
        call.name ??= part.name
        call.arguments += part.arguments ?? ''
      }
    }
  }
}
