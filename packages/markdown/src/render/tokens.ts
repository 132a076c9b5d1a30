import type { HighlightToken } from './highlight.ts'

/** Replaces a code element's text by coloured text; `false` if the tokens are not of this very text. */
export function showTokens(code: Element, tokens: readonly HighlightToken[], text: string): boolean {
  const document = code.ownerDocument
  const fragment = document.createDocumentFragment()
  append(fragment, tokens)
  if (fragment.textContent !== text) return false
  code.replaceChildren(fragment)
  return true

  function append(parent: Node, children: readonly HighlightToken[]): void {
    for (const token of children) {
      if (typeof token === 'string') parent.appendChild(document.createTextNode(token))
      else {
        const span = document.createElement('span')
        span.className = token.className
        append(span, token.children)
        parent.appendChild(span)
      }
    }
  }
}
