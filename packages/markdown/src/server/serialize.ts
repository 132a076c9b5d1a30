import { MiniElement, type MiniNode } from './nodes.ts'

const VOID = /^(?:br|hr|img|input|wbr)$/

/** The HTML of what is in an element (HTML §13.3). */
export function innerHtml(element: MiniElement): string {
  let html = ''
  for (let node = element.firstChild; node !== null; node = node.nextSibling) html += htmlOf(node)
  return html
}

/** The HTML of an element. */
export function outerHtml(element: MiniElement): string {
  const { localName, attributes, trustedHtml } = element
  let tag = `<${localName}`
  for (const [name, value] of attributes) tag += ` ${name}="${escapeText(value).replaceAll('"', '&quot;')}"`
  if (VOID.test(localName)) return `${tag}>`
  return `${tag}>${trustedHtml ?? innerHtml(element)}</${localName}>`
}

function htmlOf(node: MiniNode): string {
  return node instanceof MiniElement ? outerHtml(node) : escapeText(node.textContent)
}

function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('\u00a0', '&nbsp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
