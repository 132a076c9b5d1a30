import type { ReactNode } from 'react'

declare const text: string
declare function Diagram(props: { readonly source: string }): ReactNode
declare function RouterLink(props: { readonly to: string; readonly children: ReactNode }): ReactNode

// #region
import { type CodeBlockProps, type LinkProps, StreamingMarkdown } from '@sluice/markdown/react'

function CodeBlock({ language, code, children }: CodeBlockProps) {
  return language === 'mermaid' && code !== null ? <Diagram source={code} /> : <figure>{children}</figure>
}

function Link({ href, children }: LinkProps) {
  return href === null ? <span>{children}</span> : <RouterLink to={href}>{children}</RouterLink>
}

const components = { codeBlock: CodeBlock, link: Link }

export function Answer() {
  return <StreamingMarkdown text={text} components={components} />
}
