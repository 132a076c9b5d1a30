import type { ReactElement } from 'react'
import { liveAnswers, liveIn } from '../state/live-answers.ts'
import { notice } from '../state/notice.ts'
import { useExternal } from '../state/preference.ts'
import { type Status, statusAtRest, statusOfLive } from './status-words.ts'
import type { Chat } from './use-chat.ts'
import { useSilence } from './use-silence.ts'

interface StatusLineProps {
  readonly conversationId: string
  readonly chat: Pick<Chat, 'messages' | 'status'>
}

/** Says how it goes: a polite live region, so that only changes are read out, and never the answer. */
export function StatusLine({ conversationId, chat }: StatusLineProps): ReactElement {
  const live = liveIn(conversationId, useExternal(liveAnswers)).at(-1)
  const silentS = useSilence(live?.snapshot.lastChunkId)
  return <ShownStatus status={live ? statusOfLive(live.snapshot, silentS) : statusAtRest(chat)} />
}

/** The same line, without an answer to follow. */
export function ShownStatus({ status }: { readonly status: Status }): ReactElement {
  const failed = useExternal(notice)
  return (
    <p className="status" role="status" data-kind={status.kind}>
      {failed ?? status.words}
      {/* Not for screen readers, which would say each. */}
      {failed === null && status.seconds !== undefined && <span aria-hidden="true">{status.seconds} s</span>}
    </p>
  )
}
