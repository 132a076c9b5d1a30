/** What Redis says to a producer: what became of its append, or how far its stream is. */
export type WriterReply =
  /** The stream is there and ours; `elsewhere` if viewers on other instances were counted. */
  | { readonly is: 'ok'; readonly last: number; readonly cancel: string; readonly elsewhere?: Elsewhere }
  /** It is there and ours, but not where the append would go. */
  | { readonly is: 'order'; readonly last: number; readonly cancel: string }
  | { readonly is: 'ended' | 'fenced'; readonly last: number }
  /** Redis has nothing of it. */
  | { readonly is: 'gone' }
  /** Redis refused a command, for want of memory perhaps: what it has nobody knows now. */
  | { readonly is: 'failed' }

/** The viewers on other instances. */
export interface Elsewhere {
  readonly size: number
  /** The chunk_id that the first of them has come to. */
  readonly furthest: number
}

export function writerReply(reply: unknown): WriterReply {
  if (typeof reply === 'number') return { is: 'ok', last: reply, cancel: '' }
  const [is, last = 0, cancel = '', size = -1, furthest = 0] = reply as [
    WriterReply['is'],
    number?,
    string?,
    number?,
    number?,
  ]
  return { is, last, cancel, ...(size < 0 ? {} : { elsewhere: { size, furthest } }) } as WriterReply
}
