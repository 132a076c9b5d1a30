export { followEnd } from './autoscroll.ts'
export type { ConfirmLink } from './controls/confirm-links.ts'
export type { MathSyntax } from './math/syntax.ts'
export type { Citation, MarkdownViewOptions, RenderOptions, TableToolTexts, TaskLabels } from './options.ts'
export type { OnError, OptionError } from './render/errors.ts'
export type { FootnoteTexts } from './render/footnotes.ts'
export { type Highlight, type HighlightToken, type Lowlight, lowlightHighlight } from './render/highlight.ts'
export type {
  CodeBlockState,
  ElementState,
  LinkState,
  OverridableTag,
  Override,
  OverrideOptions,
} from './render/overrides.ts'
export { createMarkdownView, type MarkdownView, type MarkdownViewStats } from './view.ts'
