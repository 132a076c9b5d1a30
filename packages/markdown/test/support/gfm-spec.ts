import { readFileSync } from 'node:fs'

/** An example of the specification. */
export interface Example {
  readonly number: number
  readonly section: string
  readonly markdown: string
  readonly html: string
  /** The name of GFM's extension that it is about; empty for CommonMark's. */
  readonly extension: string
}

/**
 * The examples of the GitHub Flavored Markdown Spec 0.29, in its own text (`test/spec.txt` of `github/cmark-gfm`,
 * CC BY-SA 4.0).
 */
export function gfmExamples(): Example[] {
  const text = readFileSync(new URL('./gfm-spec.txt', import.meta.url), 'utf8')
  const pattern = /^`{32} example ?(\w*)\n([\s\S]*?)^\.\n([\s\S]*?)^`{32}$|^#{1,6} +(.+)$/gm
  const examples: Example[] = []
  let section = ''
  for (const [, extension, markdown, html, heading] of text.matchAll(pattern)) {
    if (heading !== undefined) section = heading
    else {
      const [source, result] = [markdown!, html!].map((part) => part.replaceAll('→', '\t'))
      examples.push({
        number: examples.length + 1,
        section,
        markdown: source!,
        html: result!,
        extension: extension!,
      })
    }
  }
  return examples
}
