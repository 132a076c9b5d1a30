import type { Snapshot } from '@sluice/client'
import type { Answer, Turn } from '../conversation.ts'
import { factWords } from '../status-words.ts'
import { AnswerText } from './answer-text.ts'
import { copyOf, find, setText } from './find.ts'

/** A question and its answer on the page. */
export class TurnView {
  readonly element = copyOf('#turn-template')
  readonly #answer = find('.answer', this.element)
  readonly #text = new AnswerText(find('.answer-text', this.element))
  readonly #thinking = find('.thinking', this.element)
  readonly #facts = find('.facts', this.element)
  readonly #failure = find('.failure', this.element)
  readonly #retry = find<HTMLButtonElement>('.retry', this.element)
  #shown: Answer | undefined

  constructor(question: string, onRetry: () => void) {
    setText(find('.question-text', this.element), question)
    this.#retry.addEventListener('click', onRetry)
  }

  /** @param live what is known of the answer beyond the turn, while it runs */
  show({ answer }: Turn, live: Snapshot | null, isLast: boolean): void {
    const text = live?.text ?? answer.text
    this.#text.show(text)
    this.#thinking.hidden = answer.outcome !== 'running' || text !== ''
    this.#retry.hidden = !isLast
    if (answer === this.#shown) return
    this.#shown = answer
    this.element.dataset.outcome = answer.outcome
    this.#answer.ariaBusy = String(answer.outcome === 'running')
    this.#showFacts(answer)
    this.#showFailure(answer)
  }

  #showFacts(answer: Answer): void {
    const words = answer.outcome === 'completed' ? factWords(answer.facts) : ''
    setText(this.#facts, answer.outcome === 'stopped' ? 'stopped by you' : words)
    this.#facts.hidden = this.#facts.textContent === ''
  }

  #showFailure(answer: Answer): void {
    this.#failure.hidden = answer.outcome !== 'failed'
    if (answer.outcome !== 'failed') return
    setText(find('.failure-title', this.#failure), answer.failure.title)
    setText(find('.failure-detail', this.#failure), answer.failure.detail)
    setText(this.#retry, answer.interrupted === null ? 'Retry' : 'Reconnect')
  }
}
