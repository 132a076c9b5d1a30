const pointLine = /^( *)(not )?ok\b(?: \d+)?(?: -)? ?(.*?)( \{)?$/
const directive = /\s#\s*(skip|todo|time=).*$/i
const exemption = /\s#\s*(skip|todo)\b/i
const announcementLine = /^( *)# Subtest: (.*)$/

/** A line of TAP that is a test point, as its parts; `undefined` for any other. */
export function pointIn(line) {
  const match = pointLine.exec(line)
  if (match === null) return undefined
  const [, indent, not, text, brace] = match
  return {
    depth: indent.length / 4,
    ok: not === undefined,
    name: text.replace(directive, ''),
    isExempt: exemption.test(` ${text}`),
    opens: brace !== undefined,
  }
}

/** A line that names the subtest whose points follow. */
export function announcementIn(line) {
  const match = announcementLine.exec(line)
  return match === null ? undefined : { depth: match[1].length / 4, name: match[2] }
}

/** Tells, line after line, which ones belong to a YAML diagnostic; what those say is never TAP itself. */
export function diagnosticLines() {
  let indent
  return (line) => {
    const here = line.length - line.trimStart().length
    if (indent === undefined) {
      if (line.trim() !== '---') return false
      indent = here
    } else if (here === indent && line.trim() === '...') {
      indent = undefined
    }
    return true
  }
}
