import type { Message } from './message.ts'

/** The messages of a conversation with their branches, and the path through them that is shown. */
export class MessageTree<D> {
  readonly #messages = new Map<string, Message<D>>()
  /** By parent: the branches, in the order they came. */
  readonly #branches = new Map<string | null, string[]>()
  /** By parent: the branch that is shown. */
  readonly #shown = new Map<string | null, string>()
  #path: readonly Message<D>[] | undefined

  /** From the first message to the last one, along the branches that are shown. The same array until one changes. */
  get path(): readonly Message<D>[] {
    this.#path ??= this.#from(null)
    return this.#path
  }

  /** All of them, in the order in which they came. */
  get all(): readonly Message<D>[] {
    return [...this.#messages.values()]
  }

  get(id: string | null): Message<D> | undefined {
    return this.#messages.get(id!)
  }

  /** Adds a message, and shows it; or puts it in place of the one with its id. */
  put(message: Message<D>): void {
    const { id, parentId } = message
    if (!this.#messages.has(id)) {
      this.#branches.set(parentId, [...(this.#branches.get(parentId) ?? []), id])
      this.#shown.set(parentId, id)
    }
    this.#messages.set(id, message)
    this.#path = undefined
  }

  /** Takes a message out, with everything after it. Another branch, if there is one, is shown in its place. */
  remove({ id, parentId }: Message<D>): void {
    for (const next of this.branches(id, true)) this.remove(next)
    const rest = (this.#branches.get(parentId) ?? []).filter((each) => each !== id)
    this.#branches.set(parentId, rest)
    if (this.#shown.get(parentId) === id) this.#shown.set(parentId, rest.at(-1)!)
    this.#messages.delete(id)
    this.#path = undefined
  }

  /** The messages with the same parent as this one, itself among them; or with it as their parent. */
  branches(id: string, isParent = false): readonly Message<D>[] {
    const parent = isParent ? id : (this.#messages.get(id)?.parentId ?? null)
    return (this.#branches.get(parent) ?? []).map((each) => this.#messages.get(each)!)
  }

  /** Shows this branch in place of its siblings. */
  show(id: string): void {
    const message = this.#messages.get(id)
    if (message === undefined) return
    this.#shown.set(message.parentId, id)
    this.#path = undefined
  }

  /** The path from the first message to this one. */
  to(id: string | null): readonly Message<D>[] {
    const message = this.get(id)
    return message ? [...this.to(message.parentId), message] : []
  }

  #from(parent: string | null): readonly Message<D>[] {
    const path: Message<D>[] = []
    for (let next = this.get(this.#shown.get(parent) ?? null); next; ) {
      path.push(next)
      next = this.get(this.#shown.get(next.id) ?? null)
    }
    return path
  }
}
