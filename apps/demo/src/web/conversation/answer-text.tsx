import type { ReactElement } from 'react'
import { useExternal } from '../state/preference.ts'
import { markdownView } from './markdown-view.ts'

interface AnswerTextProps {
  readonly text: string
  readonly isComplete: boolean
}

/** The text of an answer: Markdown, shown while it grows. Until its view is here, the bare text. */
export function AnswerText({ text, isComplete }: AnswerTextProps): ReactElement {
  const view = useExternal(markdownView)
  return (
    <div className="answer-text" dir="auto">
      {view === null ? (
        <p className="bare-text">{text}</p>
      ) : (
        <view.Markdown text={text} isComplete={isComplete} />
      )}
    </div>
  )
}
