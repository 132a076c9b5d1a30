import { JSDOM } from 'jsdom'
import { loadEntities } from '../../src/inlines/entities.ts'
import type { RenderOptions } from '../../src/options.ts'
import { GrowingDocument } from '../../src/render/document.ts'
import { FootnoteWriter } from '../../src/render/footnotes.ts'

// The tests compare at once: nothing is to be loaded then.
await loadEntities()

const { window } = new JSDOM()
export const { document } = window

/** Options under which the view shows what the reference renderers show. */
export const everything: RenderOptions = {
  linkSchemes: ['http', 'https', 'ftp', 'mailto', 'irc', 'a+b+c', 'made-up-scheme', 'localhost', 'foo)'],
  images: (url) => url,
  cjk: false,
  singleTilde: true,
  html: false,
}

/** Renders a text that arrives in pieces, each shown before the next comes. */
export function renderPieces(pieces: Iterable<string>, options: RenderOptions = everything): Element {
  const element = document.createElement('div')
  const growing = new GrowingDocument(element, options, { FootnoteWriter })
  for (const piece of pieces) {
    growing.add(piece)
    growing.show()
  }
  growing.finish()
  return element
}

export function fromHtml(html: string): Element {
  const element = document.createElement('div')
  element.innerHTML = html
  return element
}

const BLOCKS = /^(?:p|h[1-6]|ul|ol|li|blockquote|pre|hr|table|thead|tbody|tr|th|td|div)$/

/** A tree as text, without white space that nobody sees, and without what only this view adds. */
export function outline(node: Element, verbatim = false): string {
  let out = ''
  node.normalize()
  for (const child of node.childNodes) {
    if (child.nodeType === 3) {
      let text = (child as unknown as Text).data
      if (!verbatim) {
        if (edge(child.previousSibling) && (child.previousSibling !== null || BLOCKS.test(node.localName)))
          text = text.replace(/^[ \n\t]+/, '')
        if (edge(child.nextSibling) && (child.nextSibling !== null || BLOCKS.test(node.localName)))
          text = text.replace(/[ \n\t]+$/, '')
      }
      out += text.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`)
    } else if (child.nodeType === 1) {
      const element = child as unknown as Element
      // What a table scrolls in is the view's own.
      if (element.hasAttribute('data-table')) {
        out += outline(element, verbatim)
        continue
      }
      const attributes = [...element.attributes]
        .filter(({ name }) => !/^(?:dir|rel|loading|referrerpolicy|aria-label)$/.test(name))
        .map(({ name, value }) => ` ${name}="${value}"`)
        .sort()
      const { localName } = element
      const inner = outline(element, verbatim || localName === 'code')
      out += `<${localName}${attributes.join('')}>${inner}</${localName}>`
    }
  }
  return out
}

function edge(sibling: ChildNode | null): boolean {
  return (
    sibling === null || (sibling.nodeType === 1 && BLOCKS.test((sibling as unknown as Element).localName))
  )
}
