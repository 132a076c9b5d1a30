/** What Redis says to a producer: what became of its append, or how far its stream is. */
export type WriterReply =
  /** The stream is there and ours; `viewersElsewhere` counts instances that have some; -1: was not counted. */
  | { readonly is: 'ok'; readonly last: number; readonly cancel: string; readonly viewersElsewhere: number }
  /** It is there and ours, but not where the append would go. */
  | { readonly is: 'order'; readonly last: number; readonly cancel: string }
  | { readonly is: 'ended' | 'fenced'; readonly last: number }
  /** Redis has nothing of it. */
  | { readonly is: 'gone' }

export function writerReply(reply: unknown): WriterReply {
  const [is, last = 0, cancel = '', viewersElsewhere = 0] = reply as [
    WriterReply['is'],
    number?,
    string?,
    number?,
  ]
  return { is, last, cancel, viewersElsewhere } as WriterReply
}
