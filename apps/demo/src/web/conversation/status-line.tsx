import type { ReactElement } from 'react'
import { entryOf } from '../state/conversations.ts'
import { liveAnswers, liveIn } from '../state/live-answers.ts'
import { notice } from '../state/notice.ts'
import { useExternal } from '../state/preference.ts'
import { type Status, statusAtRest, statusOfLive } from './status-words.ts'

/** Says how it goes: a polite live region, so that only changes are read out, and never the answer. */
export function StatusLine({ conversationId }: { readonly conversationId: string }): ReactElement {
  const entry = useExternal(entryOf(conversationId))
  const live = liveIn(conversationId, useExternal(liveAnswers)).at(-1)
  const status = live === undefined ? statusAtRest(entry) : statusOfLive(live.snapshot)
  return <ShownStatus status={status} />
}

/** The same line, without an answer to follow. */
export function ShownStatus({ status }: { readonly status: Status }): ReactElement {
  const failed = useExternal(notice)
  return (
    <p className="status" role="status" data-kind={status.kind}>
      {failed ?? status.words}
    </p>
  )
}
