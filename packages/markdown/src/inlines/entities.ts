// The common names of answers. The other two thousand names weigh more than half of the parser, so they are loaded when
// the first of them is met.
const COMMON =
  'amp& lt< gt> quot" apos\' nbsp\u00a0 copy© reg® trade™ deg° middot· bull• hellip… ndash– mdash— lsquo‘ rsquo’ ' +
  'ldquo“ rdquo” laquo« raquo» times× divide÷ plusmn± le≤ ge≥ ne≠ larr← rarr→ uarr↑ darr↓ harr↔ euro€ pound£ sect§'

let names = new Map(COMMON.split(' ').map((entry) => [entry.slice(0, -1), entry.slice(-1)]))
let isComplete = false
let loading: Promise<void> | null = null
let isMissed = false

const ENTITY = /&(?:#x([a-f0-9]{1,6})|#([0-9]{1,7})|([a-z][a-z0-9]{1,31}));/iy
const CODED = /\\([!-/:-@[-`{-~])|&(?:#x[a-f0-9]{1,6}|#[0-9]{1,7}|[a-z][a-z0-9]{1,31});/gi

/** The character reference at a position (HTML §13.5), decoded, and its length; `null` if there is none. */
export function scanEntity(text: string, at: number): { char: string; length: number } | null {
  ENTITY.lastIndex = at
  const match = ENTITY.exec(text)
  if (match === null) return null
  const [whole, hex, decimal, name] = match
  const char = name === undefined ? fromCode(Number.parseInt(hex ?? decimal!, hex ? 16 : 10)) : named(name)
  return char === undefined ? null : { char, length: whole.length }
}

/** A string with its backslash escapes and character references resolved. */
export function decodeText(text: string): string {
  if (!/[\\&]/.test(text)) return text
  return text.replace(CODED, (match, escaped: string | undefined) =>
    escaped === undefined ? (scanEntity(match, 0)?.char ?? match) : escaped,
  )
}

function fromCode(code: number): string {
  const valid = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
  return valid ? String.fromCodePoint(code) : '\ufffd'
}

/** Whether a name was met, since the last call, that only the whole table may know. */
export function takeMissed(): boolean {
  const missed = isMissed
  isMissed = false
  return missed
}

/** Knows all names from now on. */
export function knowEntities(all: Map<string, string>): void {
  names = all
  isComplete = true
}

/** Loads the whole table, once. */
export function loadEntities(): Promise<void> {
  loading ??= import('./entity-names.ts').then(({ entityNames }) => knowEntities(entityNames()))
  return loading
}

function named(name: string): string | undefined {
  const char = names.get(name)
  if (char === undefined && !isComplete) isMissed = true
  return char
}
