import { type MathOptions, math } from './index.ts'
import type { MathSyntax } from './syntax.ts'

/** The part of KaTeX that is used. */
export interface Katex {
  render(source: string, element: HTMLElement, options?: Readonly<Record<string, unknown>>): void
}

/** How formulas are read, and where KaTeX comes from. */
export interface KatexOptions extends MathOptions {
  /**
   * Loads KaTeX, once, when the first formula is complete. Its style sheet is the page's to load.
   * @default () => import('katex')
   */
  readonly load?: () => Promise<Katex | { readonly default: Katex }>
  /**
   * Options for KaTeX itself. `trust` stays `false`, whatever is said here: a formula must not load or link anything.
   * @default none
   */
  readonly katex?: Readonly<Record<string, unknown>>
}

/**
 * The option `math`, shown by [KaTeX](https://katex.org). A formula that KaTeX cannot read keeps its source.
 */
export function katexMath(options: KatexOptions = {}): MathSyntax {
  const { load = () => import('katex') as Promise<{ readonly default: Katex }> } = options
  let loading: Promise<Katex> | null = null
  return math(async (source, { display, document }) => {
    loading ??= load().then((module) => ('default' in module ? module.default : module))
    const katex = await loading.catch((error: unknown) => {
      // The next formula tries again.
      loading = null
      throw error
    })
    const element = document.createElement('span')
    katex.render(source, element, {
      ...options.katex,
      displayMode: display,
      throwOnError: true,
      trust: false,
      maxExpand: 1000,
      maxSize: 50,
    })
    return element
  }, options)
}
