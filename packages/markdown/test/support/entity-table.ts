import { characterEntities } from 'character-entities'

/** HTML's named character references in one string, sorted by code point, which gzip likes best. */
export function packEntities(): string {
  const entries = Object.entries(characterEntities).sort(
    ([nameA, a], [nameB, b]) =>
      a.codePointAt(0)! - b.codePointAt(0)! || compare(a, b) || compare(nameA, nameB),
  )
  const out: string[] = []
  let code = 0
  let previous = ''
  for (const [name, chars] of entries) {
    if (chars === previous) {
      out[out.length - 1] += `,${name}`
      continue
    }
    previous = chars
    const [first = '', second] = chars
    const next = first.codePointAt(0)!
    const step = next - code
    code = next
    const both = second === undefined ? '' : `+${second.codePointAt(0)}`
    out.push(step === 1 && both === '' ? name : `${step}${both}:${name}`)
  }
  return out.join(' ')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
