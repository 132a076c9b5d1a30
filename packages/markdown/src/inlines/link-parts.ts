const TITLE = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\((?:\\.|[^()\\])*\)/sy
const BRACED = /<(?:[^<>\n\\]|\\.)*>/y

/** A link's destination at a position (CommonMark 0.31.2 §6.3), still with its escapes, or `null`. */
export function scanDestination(text: string, at: number): { url: string; end: number } | null {
  if (text[at] === '<') {
    BRACED.lastIndex = at
    const braced = BRACED.exec(text)?.[0]
    if (braced === undefined) return null
    return { url: braced.slice(1, -1), end: at + braced.length }
  }
  let depth = 0
  let end = at
  for (; end < text.length; end++) {
    const char = text[end]!
    if (char === '\\' && /[!-/:-@[-`{-~]/.test(text[end + 1] ?? '')) end++
    else if (char === '(') {
      if (++depth > 32) return null
    } else if (char === ')') {
      if (depth-- === 0) break
    } else if (char <= ' ' || char === '\x7f') break
  }
  if (end === at && text[end] !== ')') return null
  if (depth > 0) return null
  return { url: text.slice(at, end), end }
}

/** A link's title at a position, still with its escapes, or `null`. */
export function scanTitle(text: string, at: number): { raw: string; end: number } | null {
  TITLE.lastIndex = at
  const title = TITLE.exec(text)?.[0]
  return title === undefined ? null : { raw: title.slice(1, -1), end: at + title.length }
}
