export type { CodeBlockProps, ElementProps, LinkProps, StreamingMarkdownComponents } from './places.ts'
export { StreamingMarkdown, type StreamingMarkdownProps } from './streaming-markdown.ts'
