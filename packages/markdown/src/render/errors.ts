/** Tells which option an error comes from. */
export interface OptionError {
  /** The option's name, for instance `'allowLink'` or `'overrides.codeBlock'`. */
  readonly option: string
}

/** Receives what an option of the application throws. */
export type OnError = (error: unknown, source: OptionError) => void

/** Runs the application's functions: one that throws must not stop the text. */
export class Errors {
  readonly #onError: OnError | undefined
  readonly #reported = new Set<string>()

  constructor(onError?: OnError) {
    this.#onError = onError
  }

  /** The result of an option's function, or `otherwise` if the function throws. */
  guard<T>(option: string, run: () => T, otherwise: T): T {
    try {
      return run()
    } catch (error) {
      this.report(option, error)
      return otherwise
    }
  }

  /** Reports the first error of each option: a growing text asks an option again and again. */
  report(option: string, error: unknown): void {
    if (this.#reported.has(option)) return
    this.#reported.add(option)
    try {
      if (this.#onError === undefined) reportToPage(error)
      else this.#onError(error, { option })
    } catch (failure) {
      reportToPage(failure)
    }
  }
}

// A server may have no `reportError`.
function reportToPage(error: unknown): void {
  if (typeof reportError === 'function') reportError(error)
  else console.error(error)
}
