export { StreamingMarkdown, type StreamingMarkdownProps } from './streaming-markdown.ts'
