import type { MarkdownViewOptions } from '@sluice/markdown'
import { StreamingMarkdown } from '@sluice/markdown/react'
import type { ReactElement } from 'react'
import { fetched } from '../state/fetched.ts'

export { followEnd } from '@sluice/markdown'

let highlighter: Promise<typeof import('./highlight.ts')> | undefined

/** The highlighter is larger than the rest of the page: it comes with the first code that is to be coloured. */
const options: MarkdownViewOptions = {
  highlight: async (code, language) => {
    if (language === '') return null
    highlighter ??= fetched(() => import('./highlight.ts'))
    const { highlight } = await highlighter
    return highlight(code, language)
  },
  copyButton: { label: 'Copy', copiedLabel: 'Copied' },
  headingOffset: 1,
  linkTarget: '_blank',
  // The page says how things are in one place, for all its answers.
  status: false,
}

interface MarkdownProps {
  readonly text: string
  readonly isComplete: boolean
}

export function Markdown({ text, isComplete }: MarkdownProps): ReactElement {
  return <StreamingMarkdown text={text} complete={isComplete} options={options} />
}
