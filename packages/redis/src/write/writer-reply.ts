/** The answer of Redis to a producer: the outcome of its append, or the state of its stream. */
export type WriterReply =
  /** The stream is there and ours; `elsewhere` if viewers on other instances were counted. */
  | { readonly is: 'ok'; readonly last: number; readonly cancel: string; readonly elsewhere?: Elsewhere }
  /** The stream is there and ours, but its last chunk_id is not the one before the append. */
  | { readonly is: 'order'; readonly last: number; readonly cancel: string }
  | { readonly is: 'ended' | 'fenced'; readonly last: number }
  /** Redis has nothing of it. */
  | { readonly is: 'gone' }
  /** Redis refused a command, perhaps because it has no memory left: the state of the stream is unknown. */
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
