import { find } from './find.ts'

/** What the person at the composer wants. */
export interface ComposerActions {
  readonly onAsk: (question: string) => void
  readonly onStop: () => void
}

/** Where questions are written, sent, and their answers stopped. */
export class Composer {
  readonly #form = find<HTMLFormElement>('#composer')
  readonly #prompt = find<HTMLTextAreaElement>('#prompt')
  readonly #send = find<HTMLButtonElement>('#send')
  readonly #stop = find<HTMLButtonElement>('#stop')
  readonly #onAsk: ComposerActions['onAsk']
  #isRunning = false

  constructor({ onAsk, onStop }: ComposerActions) {
    this.#onAsk = onAsk
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#ask()
    })
    this.#prompt.addEventListener('keydown', (event) => {
      // While an input method composes, Enter chooses a character.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
      event.preventDefault()
      this.#ask()
    })
    this.#prompt.addEventListener('input', () => this.#enable())
    this.#stop.addEventListener('click', () => {
      onStop()
      this.focus()
    })
    this.#enable()
  }

  /** One answer at a time: the next question can be written meanwhile, and sent afterwards. */
  show({ isRunning, isStopping }: { readonly isRunning: boolean; readonly isStopping: boolean }): void {
    this.#isRunning = isRunning
    this.#send.hidden = isRunning
    this.#stop.hidden = !isRunning
    this.#stop.disabled = isStopping
    this.#enable()
  }

  /** On a touch screen the keyboard would come up with it, over the answer. */
  focus(): void {
    if (matchMedia('(pointer: fine)').matches) this.#prompt.focus()
  }

  #ask(): void {
    const question = this.#prompt.value.trim()
    if (question === '' || this.#isRunning) return
    this.#prompt.value = ''
    this.focus()
    this.#onAsk(question)
  }

  #enable(): void {
    this.#send.disabled = this.#prompt.value.trim() === ''
  }
}
