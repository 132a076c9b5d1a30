import type { CodeBlockState, Override } from '../render/overrides.ts'

/** The part of mermaid that is used. */
export interface Mermaid {
  initialize(config: Readonly<Record<string, unknown>>): void
  render(id: string, source: string): Promise<{ readonly svg: string }>
}

/** Where mermaid comes from, and what stands for a diagram. */
export interface MermaidOptions {
  /**
   * Loads mermaid, once, when the first diagram is complete.
   * @default () => import('mermaid')
   */
  readonly load?: () => Promise<Mermaid | { readonly default: Mermaid }>
  /**
   * Options for mermaid itself. `securityLevel` stays `'strict'`, whatever is said here.
   * @default none
   */
  readonly config?: Readonly<Record<string, unknown>>
  /**
   * The name of a diagram for a screen reader. Its source follows, folded.
   * @default 'Diagram'
   */
  readonly label?: string
  /**
   * Receives what mermaid says of a source that it cannot draw.
   * @default nothing: the source is shown
   */
  readonly onError?: (error: unknown, source: string) => void
}

let diagrams = 0

/**
 * The option `overrides.codeBlock`: draws the code blocks of the language `mermaid` when they are closed. The drawing
 * is an image, in which no script runs and nothing is loaded; the page's Content Security Policy has to allow `data:`
 * images. The source of a diagram that fails stays.
 */
export function mermaidBlocks(
  options: MermaidOptions = {},
): (content: HTMLElement) => Override<CodeBlockState> {
  const {
    load = () => import('mermaid') as Promise<{ readonly default: Mermaid }>,
    config,
    label = 'Diagram',
  } = options
  let loading: Promise<Mermaid> | null = null

  async function draw(source: string): Promise<string> {
    loading ??= load().then((module) => {
      const mermaid = 'default' in module ? module.default : module
      mermaid.initialize({
        ...config,
        startOnLoad: false,
        securityLevel: 'strict',
        suppressErrorRendering: true,
      })
      return mermaid
    })
    const mermaid = await loading.catch((error: unknown) => {
      // The next diagram tries again.
      loading = null
      throw error
    })
    return (await mermaid.render(`sluice-diagram-${++diagrams}`, source)).svg
  }

  return (content) => {
    const element = content.ownerDocument.createElement('div')
    element.append(content)
    let drawn: string | null = null
    return {
      element,
      update({ language, code }) {
        if (language !== 'mermaid' || code === null || code === drawn) return
        drawn = code
        draw(code)
          .then((svg) => {
            if (drawn === code) show(element, content, svg, label)
          })
          .catch((error: unknown) => options.onError?.(error, code))
      },
    }
  }
}

function show(element: HTMLElement, content: HTMLElement, svg: string, label: string): void {
  const document = element.ownerDocument
  const image = document.createElement('img')
  image.alt = label
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(sized(svg))}`
  const source = document.createElement('details')
  source.appendChild(document.createElement('summary')).textContent = label
  source.append(content)
  element.setAttribute('data-diagram', '')
  element.replaceChildren(image, source)
}

// An image without a size of its own is 300 by 150 px: mermaid says the size in `viewBox` only.
function sized(svg: string): string {
  const [, width, height] = /viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"/.exec(svg) ?? []
  if (width === undefined) return svg
  return svg.replace(/^<svg([^>]*?) width="100%"/, `<svg$1 width="${width}" height="${height}"`)
}
