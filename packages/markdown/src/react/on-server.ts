import type { MarkdownViewOptions } from '../options.ts'

/** Makes HTML of a text on a server; `null` in a browser, which does not load that code. */
export const onServer: { render: ((text: string, options: MarkdownViewOptions) => string) | null } = {
  render: null,
}
