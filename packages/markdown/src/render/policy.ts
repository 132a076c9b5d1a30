import type { MathSyntax } from '../math/syntax.ts'
import type { Citation, RenderOptions, TaskLabels } from '../options.ts'
import type { Errors } from './errors.ts'
import type { FootnoteWriter } from './footnotes.ts'
import { Overrides } from './overrides.ts'

const SCHEMES = ['http', 'https', 'mailto', 'tel']
const TASKS: TaskLabels = { done: 'Completed task', open: 'Incomplete task' }
const HARMLESS = 'b br del details em i ins kbd mark s small strong sub summary sup u wbr'.split(' ')

/** Decides what of a document may load, lead or mark up, and what the application says or shows itself. */
export interface Policy {
  /** The element that the document is in. */
  readonly root: Element
  /** The address of a link, or `null`. */
  link(url: string): string | null
  /** Where an image is loaded from, or `null`. */
  image(url: string): string | null
  /** The name of a raw tag that may be used, or `null`. */
  tag(name: string): string | null
  /** The source of a citation, or `null`. */
  cite(id: string, text: string): Citation | null
  /** Whether anything is a citation. */
  readonly cites: boolean
  readonly math: MathSyntax | undefined
  readonly target: string | undefined
  readonly taskLabels: TaskLabels
  readonly overrides: Overrides
  readonly footnotes: FootnoteWriter | null
}

/**
 * The tags that raw HTML may use.
 * @throws {TypeError} if the option names a tag that the view cannot show.
 */
export function tagsOf(html: RenderOptions['html'] = true): ReadonlySet<string> {
  if (typeof html === 'boolean') return new Set(html ? HARMLESS : [])
  const tags = html.map((tag) => tag.toLowerCase())
  const unknown = tags.find((tag) => !HARMLESS.includes(tag))
  if (unknown === undefined) return new Set(tags)
  throw new TypeError(
    `The option "html" allows <${unknown}>, which the view cannot show. Use: ${HARMLESS.join(', ')}.`,
  )
}

/** The policy that the options describe. */
export function createPolicy(
  root: Element,
  options: RenderOptions,
  footnotes: FootnoteWriter | null,
  errors: Errors,
  tags: ReadonlySet<string>,
): Policy {
  const { linkSchemes = SCHEMES, images, allowLink, citation } = options
  const schemes = new Set(linkSchemes.map((scheme) => scheme.toLowerCase()))
  return {
    root,
    target: options.linkTarget,
    taskLabels: options.taskLabels ?? TASKS,
    overrides: new Overrides(options.overrides, errors),
    footnotes,
    link(raw) {
      const url = encodeUrl(raw)
      if (!hasScheme(url, schemes) || hasUser(url)) return null
      return allowLink === undefined || errors.guard('allowLink', () => allowLink(url), false) ? url : null
    },
    image(raw) {
      const url = encodeUrl(raw)
      if (images === undefined || hasUser(url)) return null
      if (typeof images === 'function') return errors.guard('images', () => images(url), null)
      return hasOrigin(url, images) ? url : null
    },
    tag: (name) => (tags.has(name.toLowerCase()) ? name.toLowerCase() : null),
    cite: (id, text) =>
      citation === undefined ? null : errors.guard('citation', () => citation(id, text), null),
    cites: citation !== undefined,
    math: options.math,
  }
}

/** Browsers ignore control characters and spaces in a scheme, so this does too (WHATWG URL §4.4). */
function hasScheme(url: string, schemes: ReadonlySet<string>): boolean {
  const scheme = /^([^/?#:]*):/.exec(url)
  return scheme === null || schemes.has(scheme[1]!.toLowerCase())
}

function parse(url: string, base?: string): URL | null {
  try {
    return new URL(url, base)
  } catch {
    return null
  }
}

// `https://good.example@evil.example` reads like the one host and leads to the other. A relative address can name a
// user as well (`//user@host`); the base here stands for any page.
function hasUser(url: string): boolean {
  if (!url.includes('@')) return false
  const parsed = parse(url) ?? parse(url, 'https://page.invalid')
  return parsed !== null && `${parsed.username}${parsed.password}` !== ''
}

function hasOrigin(url: string, origins: readonly string[]): boolean {
  const parsed = parse(url)
  return parsed !== null && /^https?:$/.test(parsed.protocol) && origins.includes(parsed.origin)
}

/** As CommonMark's reference implementation: percent-encodes what is not allowed, and keeps what is encoded. */
export function encodeUrl(url: string): string {
  return url.replace(/%(?![0-9a-f]{2})|[^\w\-;/?:@&=+$,.!~*'()#%]+/gi, (part) =>
    part === '%' ? '%25' : encodeURIComponent(part.replace(/[\ud800-\udfff]/gu, '\ufffd')),
  )
}
