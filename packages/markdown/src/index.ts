export { followEnd } from './autoscroll.ts'
export type { MarkdownViewOptions, RenderOptions } from './options.ts'
export { type HighlightToken, type Lowlight, lowlightHighlight } from './render/highlight.ts'
export { createMarkdownView, type MarkdownView, type MarkdownViewStats } from './view.ts'
