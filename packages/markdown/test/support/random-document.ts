const WORDS = ['a', 'bc', 'word', 'Text', '1', '42', 'é', 'z.', 'x,', 'end!', 'http://x.y', 'foo', 'ref']
const MARKS = [
  '*',
  '**',
  '***',
  '_',
  '__',
  '`',
  '``',
  '[',
  ']',
  '](',
  ')',
  '(/u)',
  '[ref]',
  '![',
  '<',
  '>',
  '&amp;',
]
const MORE_MARKS = [
  '\\',
  '\\*',
  '<b>',
  '</b>',
  '<!--',
  '-->',
  '<http://e.f>',
  '"t"',
  '  ',
  '&',
  '#',
  '!',
  "'",
]
const STARTS = [
  '- ',
  '* ',
  '+ ',
  '1. ',
  '2) ',
  '> ',
  '# ',
  '### ',
  '    ',
  '  ',
  ' ',
  '\t',
  '-',
  '10. ',
  '-   ',
  '>',
]
const LINES = [
  '---',
  '***',
  '===',
  '```',
  '~~~',
  '```js',
  '',
  '',
  '',
  '[ref]: /url',
  '[ref]: <u> "t"',
  '<div>',
  '</div>',
  '- - -',
  '[foo]:',
  '/dest',
  '  ',
  '-',
  '1.',
  '<!-- c',
]
const GFM_MARKS = ['~', '~~', ' www.a.b ', ' | ', ' \\| ', ' m@n.o ', ' | ']
const GFM_LINES = ['| a | b |', '|-|-|', '| - |', 'a | b', '--- | :-:', '|x|']

/** A document of what makes Markdown hard, at random; with `gfm`, of what makes its extensions hard. */
export function randomDocument(next: () => number, gfm: boolean): string {
  const marks = gfm
    ? [...MARKS, ...GFM_MARKS, ...GFM_MARKS].filter((mark) => !/[<[\]`*_]/.test(mark))
    : [...MARKS, ...MORE_MARKS]
  const fixed = gfm ? [...GFM_LINES, '', '---', '```'] : LINES
  const starts = gfm ? ['# ', '', ''] : STARTS
  const pick = (list: readonly string[]): string => list[Math.floor(next() * list.length)]!
  const lines: string[] = []
  for (let count = 1 + Math.floor(next() * 9); count > 0; count--) {
    let line = ''
    while (next() < 0.4) line += pick(starts)
    if (next() < 0.35) line += pick(fixed)
    else {
      for (let parts = Math.floor(next() * 9); parts > 0; parts--) {
        line += next() < 0.5 ? pick(WORDS) : pick(marks)
        if (next() < 0.4) line += ' '
      }
    }
    lines.push(line)
  }
  return lines.join('\n')
}
