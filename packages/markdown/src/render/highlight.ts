/** A piece of coloured code: plain text, or pieces in a class. */
export type HighlightToken =
  | string
  | { readonly className: string; readonly children: readonly HighlightToken[] }

/** Says how code is coloured, now or later; `null` leaves it as it is. */
export type Highlight = (
  code: string,
  language: string,
) => readonly HighlightToken[] | null | Promise<readonly HighlightToken[] | null>

/** The part of a `lowlight` (or `starry-night`) tree that is read. */
interface HastNode {
  readonly type: string
  readonly value?: string
  readonly properties?: { readonly className?: unknown }
  readonly children?: readonly HastNode[]
}

/** The part of `lowlight` that is used. */
export interface Lowlight {
  registered(language: string): boolean
  highlight(language: string, code: string): HastNode
}

/** Makes a `highlight` option of [lowlight](https://github.com/wooorm/lowlight), which is highlight.js as a tree. */
export function lowlightHighlight(
  lowlight: Lowlight,
): (code: string, language: string) => readonly HighlightToken[] | null {
  return (code, language) =>
    lowlight.registered(language) ? toTokens(lowlight.highlight(language, code).children ?? []) : null
}

function toTokens(nodes: readonly HastNode[]): HighlightToken[] {
  return nodes.map((node) => {
    if (node.type === 'text') return node.value ?? ''
    const { className } = node.properties ?? {}
    return {
      className: Array.isArray(className) ? className.join(' ') : String(className ?? ''),
      children: toTokens(node.children ?? []),
    }
  })
}
