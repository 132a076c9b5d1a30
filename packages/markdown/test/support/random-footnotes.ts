const INLINES = [
  '[^a]',
  '[^b]',
  '[^C]',
  '![^a]',
  '[^a',
  '[^',
  'word',
  'x',
  ' *b* ',
  '[l](/u)',
  '~~',
  '[^d](/u)',
]
const LINES = ['', '', '', '# h', '```', '- - -', '---']
const STARTS = ['[^a]: ', '[^b]:', '[^c]: ', '[^a]:   ', '> ', '    ', '    ', '  ', '\t', '# ']

/** A document with footnotes that call each other, at random. */
export function randomFootnotes(next: () => number): string {
  const pick = (list: readonly string[]): string => list[Math.floor(next() * list.length)]!
  const lines: string[] = []
  for (let count = 2 + Math.floor(next() * 10); count > 0; count--) {
    if (next() < 0.3) {
      lines.push(pick(LINES))
      continue
    }
    let line = next() < 0.5 ? pick(STARTS) : ''
    for (let parts = 1 + Math.floor(next() * 5); parts > 0; parts--) {
      line += pick(INLINES)
      if (next() < 0.5) line += ' '
    }
    lines.push(line)
  }
  return lines.join('\n')
}
