import type { RenderOptions } from '../options.ts'
import type { Overrides } from './overrides.ts'
import { Rendered } from './rendered.ts'

/** The parts of a view that decide how the elements of its blocks are made. */
export interface BlockForms {
  readonly document: Document
  readonly options: RenderOptions
  readonly overrides: Overrides
  /** Called with each element that may scroll sideways, when it is made. */
  mayScroll(element: HTMLElement): void
}

/** Makes the elements of a block that is shown as `key`; `isThought` marks a `<think>` block. */
export function createElement(
  { document, options, overrides, mayScroll }: BlockForms,
  key: string,
  isThought: boolean,
): Rendered {
  const element = document.createElement(key === 'html' ? 'p' : key)
  if (key === 'pre') {
    element.dir = 'ltr'
    mayScroll(element)
    const { lineNumbers, wrapCode, copyButton, languageLabel } = options
    if (wrapCode) element.setAttribute('data-wrap', '')
    const lines = lineNumbers && !wrapCode ? element.appendChild(document.createElement('span')) : null
    if (lines !== null) {
      lines.setAttribute('data-lines', '')
      lines.setAttribute('aria-hidden', 'true')
    }
    const content = element.appendChild(document.createElement('code'))
    const frame = copyButton || languageLabel ? framed(element, 'code') : element
    const shown = new Rendered(key, overrides.place('codeBlock', frame), content)
    shown.lines = lines
    return shown
  }
  if (key === 'table') {
    // The table scrolls in an element of its own: a table that is no table box has no rows for a screen reader.
    const scroller = document.createElement('div')
    scroller.setAttribute('data-table', '')
    scroller.append(element)
    mayScroll(scroller)
    const frame = options.tableTools ? framed(scroller, 'table') : scroller
    return new Rendered(key, place(overrides, key, frame), element)
  }
  if (key === 'details' && isThought) {
    element.setAttribute('data-think', '')
    element.appendChild(document.createElement('summary')).textContent = options.think ?? ''
  }
  if (!/^(?:ul|ol|hr|table|blockquote|details|div)$/.test(key)) element.dir = 'auto'
  return new Rendered(key, place(overrides, key, element), element)
}

function place(overrides: Overrides, key: string, content: HTMLElement): HTMLElement {
  if (!overrides.has(key)) return content
  const element = overrides.place(key, content)
  overrides.update(content, { attributes: {} })
  return element
}

/** An element below a bar for labels and buttons. */
function framed(element: HTMLElement, kind: 'code' | 'table'): HTMLElement {
  const frame = element.ownerDocument.createElement('div')
  frame.setAttribute('data-framed', kind)
  const bar = frame.appendChild(element.ownerDocument.createElement('div'))
  bar.setAttribute('data-bar', '')
  bar.appendChild(element.ownerDocument.createElement('span'))
  frame.append(element)
  return frame
}
