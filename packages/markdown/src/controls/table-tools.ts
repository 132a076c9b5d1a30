import type { TableToolTexts } from '../options.ts'
import { copyButton, toolButton } from './copy-button.ts'

/** Adds to a bar the buttons that copy and download a table. */
export function addTableTools(bar: HTMLElement, table: HTMLElement, texts: TableToolTexts): void {
  const { ownerDocument } = bar
  const { copyMarkdown, copyCsv, downloadCsv, copied: copiedLabel } = texts
  const rows = (): string[][] =>
    [...table.querySelectorAll('tr')].map((row) => [...row.children].map((cell) => cell.textContent ?? ''))
  if (copyMarkdown !== undefined)
    bar.append(
      copyButton(ownerDocument, { label: copyMarkdown, copiedLabel }, () => toMarkdown(table, rows())),
    )
  if (copyCsv !== undefined)
    bar.append(copyButton(ownerDocument, { label: copyCsv, copiedLabel }, () => toCsv(rows())))
  if (downloadCsv !== undefined)
    bar.append(toolButton(ownerDocument, downloadCsv, () => download(ownerDocument, toCsv(rows()))))
}

/** A table as comma-separated values (RFC 4180). A cell that a spreadsheet would run as a formula becomes text. */
export function toCsv(rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => {
    const safe = /^[=+\-@\t\r]/.test(text) && !/^[+-]?[\d.,]+%?$/.test(text) ? `'${text}` : text
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

function toMarkdown(table: HTMLElement, rows: readonly (readonly string[])[]): string {
  const marks = [...table.querySelectorAll('th')].map((cell) => {
    const align = cell.getAttribute('align')
    return `${align === 'left' || align === 'center' ? ':' : '-'}--${align === 'right' || align === 'center' ? ':' : '-'}`
  })
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text) => text.replace(/[\\|]/g, '\\$&').replaceAll(/\s*\n\s*/g, '<br>')).join(' | ')} |\n`
  return rows.map((row, index) => line(row) + (index === 0 ? `| ${marks.join(' | ')} |\n` : '')).join('')
}

function download(document: Document, csv: string): void {
  // With a byte order mark, as spreadsheets take the text for another encoding without it.
  const url = URL.createObjectURL(new Blob(['\ufeff', csv], { type: 'text/csv' }))
  const link = document.createElement('a')
  link.href = url
  link.download = 'table.csv'
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 0)
}
