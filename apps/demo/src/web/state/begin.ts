import { createId } from './id.ts'
import { goTo } from './route.ts'

/** A question from the composer, and the answers that were asked for. */
export interface Wish {
  readonly question: string
  /** `undefined`: the first there is. */
  readonly model: string | undefined
  /** Two answers, side by side. */
  readonly isDouble: boolean
}

const first = new Map<string, Wish>()
const begun = new Set<string>()

/** Goes to a new conversation, which begins with this question. */
export function begin(wish: Wish): void {
  const id = createId()
  first.set(id, wish)
  begun.add(id)
  goTo(id)
}

/** The question that a new conversation begins with, once. */
export function takeFirst(id: string): Wish | undefined {
  const wish = first.get(id)
  first.delete(id)
  return wish
}

/** Whether this page began it: the server may not have it yet. */
export function hasBegun(id: string): boolean {
  return begun.has(id)
}
