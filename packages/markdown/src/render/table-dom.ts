import type { Block } from '../blocks/block.ts'
import { parseGrowing, parseInlines } from '../inlines/parser.ts'
import type { InlineContext } from '../inlines/state.ts'
import { setAttribute } from './attributes.ts'
import { InlineWriter } from './inline-dom.ts'
import { directionOfFirst, giveDirection } from './leaf-dom.ts'
import type { Policy } from './policy.ts'
import type { Rendered } from './rendered.ts'

/** Shows a table's rows, each once; only the last may still change. Returns how many characters were parsed. */
export function writeTable(
  block: Block,
  shown: Rendered,
  context: InlineContext,
  policy: Policy,
  uncertain: boolean,
): number {
  let work = 0
  for (let index = Math.min(shown.settledRows, block.rows.length); index < block.rows.length; index++) {
    const row = shown.rows[index] ?? addRow(shown, index === 0)
    shown.rows[index] = row
    let next = row.firstElementChild
    block.rows[index]!.forEach((text, column) => {
      const cell = next ?? addCell(row, index === 0, text)
      next = cell.nextElementSibling
      setAttribute(cell, 'align', block.align[column] ?? null)
      const growing = uncertain && index === block.rows.length - 1
      const { root } = growing ? parseGrowing(text, context) : parseInlines(text, context)
      new InlineWriter(policy, cell, null, 0, null).write(root, null)
      work += text.length
    })
    while (row.childNodes.length > block.rows[index]!.length) row.lastChild!.remove()
  }
  for (const row of shown.rows.splice(block.rows.length)) {
    const section = row.parentNode as Element
    row.remove()
    if (section.firstChild === null) section.remove()
  }
  if (!shown.isDirected && shown.rows.length > 0)
    shown.isDirected = giveDirection(shown.content, block.rows[0]!.join(' '), policy.root)
  if (!uncertain) shown.settledRows = block.rows.length
  return work
}

function addRow(shown: Rendered, isHeader: boolean): HTMLElement {
  const document = shown.content.ownerDocument
  const tag = isHeader ? 'thead' : 'tbody'
  let section = shown.content.lastChild as Element | null
  if (section?.localName !== tag) section = shown.content.appendChild(document.createElement(tag))
  return section.appendChild(document.createElement('tr'))
}

function addCell(row: HTMLElement, isHeader: boolean, text: string): Element {
  const cell = row.ownerDocument.createElement(isHeader ? 'th' : 'td')
  cell.dir = directionOfFirst(text) ?? 'auto'
  return row.appendChild(cell)
}
