import type { Snapshot } from '@sluice/client'
import type { Turn } from '../conversation.ts'
import { find } from './find.ts'
import { TurnView } from './turn-view.ts'

/** The turns on the page. */
export class ConversationView {
  readonly #list = find('#conversation')
  readonly #onRetry: () => void
  #views: TurnView[] = []

  constructor(onRetry: () => void) {
    this.#onRetry = onRetry
  }

  show(turns: readonly Turn[], live: Snapshot | null): void {
    // Turns are only added, except that all of them may go.
    if (turns.length < this.#views.length) {
      this.#views = []
      this.#list.replaceChildren()
    }
    turns.forEach((turn, index) => {
      const isLast = index === turns.length - 1
      this.#viewAt(index, turn).show(turn, isLast ? live : null, isLast)
    })
  }

  #viewAt(index: number, { question }: Turn): TurnView {
    const known = this.#views[index]
    if (known !== undefined) return known
    const view = new TurnView(question, this.#onRetry)
    this.#views.push(view)
    this.#list.append(view.element)
    return view
  }
}
