const ATTRIBUTE = `(?:\\s+[a-zA-Z_:][a-zA-Z0-9:._-]*(?:\\s*=\\s*(?:[^"'=<>\`\\x00-\\x20]+|'[^']*'|"[^"]*"))?)`
const OPEN_TAG = `<[A-Za-z][A-Za-z0-9-]*${ATTRIBUTE}*\\s*/?>`
const CLOSE_TAG = '</[A-Za-z][A-Za-z0-9-]*\\s*[>]'
const REST =
  '<!-->|<!--->|<!--[\\s\\S]*?-->|[<][?][\\s\\S]*?[?][>]|<![A-Za-z]+[^>]*>|<!\\[CDATA\\[[\\s\\S]*?\\]\\]>'

/** Raw HTML inside text (CommonMark 0.31.2 §6.6), at `lastIndex`. */
export const htmlInline: RegExp = new RegExp(`${OPEN_TAG}|${CLOSE_TAG}|${REST}`, 'y')

/** How the seven kinds of HTML block begin (§4.6). */
export const htmlBlockOpen: readonly RegExp[] = [
  /^<(?:script|pre|textarea|style)(?:\s|>|$)/i,
  /^<!--/,
  /^<[?]/,
  /^<![A-Za-z]/,
  /^<!\[CDATA\[/,
  /^<[/]?(?:address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[123456]|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|section|search|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul)(?:\s|[/]?[>]|$)/i,
  new RegExp(`^(?:${OPEN_TAG}|${CLOSE_TAG})\\s*$`),
]

/** How the first five end. */
export const htmlBlockClose: readonly RegExp[] = [
  /<\/(?:script|pre|textarea|style)>/i,
  /-->/,
  /\?>/,
  />/,
  /\]\]>/,
]

export const thematicBreak: RegExp = /^(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$/
export const atxHeading: RegExp = /^#{1,6}(?:[ \t]+|$)/
export const setextLine: RegExp = /^(?:=+|-+)[ \t]*$/
export const codeFence: RegExp = /^(?:`{3,}|~{3,})/
export const closingFence: RegExp = /^(?:`{3,}|~{3,})(?=[ \t]*$)/
