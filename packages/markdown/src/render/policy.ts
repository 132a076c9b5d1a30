import type { RenderOptions, TaskLabels } from '../options.ts'
import type { FootnoteWriter } from './footnotes.ts'
import { Overrides } from './overrides.ts'

const SCHEMES = ['http', 'https', 'mailto', 'tel']
const TASKS: TaskLabels = { done: 'Completed task', open: 'Incomplete task' }
const HARMLESS = 'b br del em i ins kbd mark s small strong sub sup u wbr'.split(' ')

/** Decides what of a document may load, lead or mark up, and what the application says or shows itself. */
export interface Policy {
  /** The address of a link, or `null`. */
  link(url: string): string | null
  /** Where an image is loaded from, or `null`. */
  image(url: string): string | null
  /** The name of a raw tag that may be used, or `null`. */
  tag(name: string): string | null
  readonly target: string | undefined
  readonly taskLabels: TaskLabels
  readonly overrides: Overrides
  readonly footnotes: FootnoteWriter | null
}

/** The policy that the options describe. */
export function createPolicy(options: RenderOptions, footnotes: FootnoteWriter | null): Policy {
  const { linkSchemes = SCHEMES, images, html, allowLink } = options
  const schemes = new Set(linkSchemes.map((scheme) => scheme.toLowerCase()))
  const tags = new Set(html === true ? HARMLESS : html ? html.filter((tag) => HARMLESS.includes(tag)) : [])
  const allows = allowLink ?? ((url: string) => hasScheme(url, schemes))
  return {
    target: options.linkTarget,
    taskLabels: options.taskLabels ?? TASKS,
    overrides: new Overrides(options.overrides),
    footnotes,
    link: (url) => (allows(url) ? encodeUrl(url) : null),
    image(url) {
      if (images === undefined) return null
      if (typeof images === 'function') {
        const source = images(url)
        return source === null ? null : encodeUrl(source)
      }
      return hasOrigin(url, images) ? encodeUrl(url) : null
    },
    tag: (name) => (tags.has(name.toLowerCase()) ? name.toLowerCase() : null),
  }
}

/** Browsers ignore control characters and spaces in a scheme, so they are ignored here (WHATWG URL §4.4). */
function hasScheme(url: string, schemes: ReadonlySet<string>): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what an attacker hides a scheme with
  const scheme = /^([^/?#:]*):/.exec(url.replace(/[\u0000-\u0020\u007f-\u00a0\u2028\u2029\ufeff]/g, ''))
  return scheme === null || schemes.has(scheme[1]!.toLowerCase())
}

function hasOrigin(url: string, origins: readonly string[]): boolean {
  try {
    const { origin, protocol } = new URL(url)
    return (protocol === 'https:' || protocol === 'http:') && origins.includes(origin)
  } catch {
    return false
  }
}

/** As CommonMark's reference implementation: percent-encodes what is not allowed, and keeps what is encoded. */
export function encodeUrl(url: string): string {
  return url.replace(/%(?![0-9a-f]{2})|[^\w\-;/?:@&=+$,.!~*'()#%]+/gi, (part) =>
    part === '%' ? '%25' : encodeURIComponent(part.replace(/[\ud800-\udfff]/gu, '\ufffd')),
  )
}
