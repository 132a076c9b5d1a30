import type { MarkdownViewOptions } from '../options.ts'

/** What makes HTML of a text on a server; `null` in a browser, which does without its code. */
export const onServer: { render: ((text: string, options: MarkdownViewOptions) => string) | null } = {
  render: null,
}
