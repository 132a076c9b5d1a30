import { knowEntities } from '../inlines/entities.ts'
import { entityNames } from '../inlines/entity-names.ts'
import { math } from '../math/index.ts'
import type { MathSyntax } from '../math/syntax.ts'
import type { MarkdownViewOptions, RenderOptions } from '../options.ts'
import { GrowingDocument } from '../render/document.ts'
import { FootnoteWriter } from '../render/footnotes.ts'
import { MiniDocument, type MiniElement } from './nodes.ts'
import { innerHtml, outerHtml } from './serialize.ts'

// A server has it all at once: nothing is to be loaded while it renders.
knowEntities(entityNames())

/** Options that only a browser can use. */
type InBrowsers = 'overrides' | 'highlight' | 'confirmLink' | 'skipOffscreen' | 'math'

/** The options of `renderMarkdown`: those of the view, with the same policy and the same defaults. */
export interface RenderMarkdownOptions extends Omit<RenderOptions, InBrowsers> {
  /**
   * Makes the HTML of a formula, which is trusted and taken as it is (`katex.renderToString`, for instance); `null`
   * leaves its source. With it, formulas are read.
   * @default none: formulas are text
   */
  readonly math?: (source: string, options: { readonly display: boolean }) => string | null
  /**
   * Reads `$…$` as formulas as well.
   * @default false
   */
  readonly dollars?: boolean
}

const SLICE = 1024

/**
 * Renders a complete Markdown text to HTML, without a DOM: for history, mails and feeds. It is what the view shows,
 * by the same code: the same links, images and tags are allowed. Code is not coloured, and buttons are left out.
 *
 * @throws {TypeError} if `html` names a tag that cannot be shown
 */
export function renderMarkdown(text: string, options: RenderMarkdownOptions = {}): string {
  const { math: toHtml, dollars = false, ...rest } = options
  return innerHtml(render(text, { ...rest, ...(toHtml !== undefined && { math: trusted(toHtml, dollars) }) }))
}

/** The element of a view, as the view takes it over with `hydrate`. */
export function renderView(text: string, { mode, ...options }: MarkdownViewOptions): string {
  const element =
    mode === 'text' ? new MiniDocument().createElement('div') : render(text, { ...options, overrides: {} })
  if (mode === 'text') {
    element.setAttribute('data-mode', mode)
    element.append(text)
  }
  element.setAttribute('data-sluice-markdown', '')
  return outerHtml(element)
}

function render(text: string, options: RenderOptions): MiniElement {
  const element = new MiniDocument().createElement('div')
  const growing = new GrowingDocument(element as unknown as Element, options, { FootnoteWriter })
  // In pieces, as a view takes it: what is shown may be forgotten by the parser.
  for (let at = 0; at < text.length; at += SLICE) {
    growing.add(text.slice(at, at + SLICE))
    growing.show()
  }
  growing.finish()
  return element
}

function trusted(toHtml: NonNullable<RenderMarkdownOptions['math']>, dollars: boolean): MathSyntax {
  const syntax = math(null, { dollars })
  return {
    ...syntax,
    show(element, written, source, display) {
      syntax.show(element, written, source, display)
      const html = source === null ? null : toHtml(source, { display })
      if (html !== null) (element as unknown as MiniElement).trustedHtml = html
    },
  }
}
