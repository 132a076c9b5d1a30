import { HtmlRenderer as Base, type Node, Parser } from 'commonmark'

/** The types leave out what a renderer is made of. */
const HtmlRenderer = Base as unknown as new () => Base & { lit(text: string): void }

/** The reference renderer, with raw HTML as text, which is what the view shows by default. */
class TextHtmlRenderer extends HtmlRenderer {
  html_inline(node: Node): void {
    this.lit(escapeHtml(node.literal ?? ''))
  }
  html_block(node: Node): void {
    this.lit(`<p>${escapeHtml(node.literal ?? '')}</p>\n`)
  }
}

export function reference(markdown: string): string {
  return new TextHtmlRenderer().render(new Parser().parse(markdown))
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}
