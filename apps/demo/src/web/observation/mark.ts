/** An event of a stream on its way to this page, and its time: `at` is `performance.now()`, in milliseconds. */
export type Mark =
  /** A connection was asked for. `isAttached`: to a stream that there was already. */
  | { readonly kind: 'ask'; readonly at: number; readonly isAttached: boolean }
  /** It stands: the first, or one that takes the stream up after the chunk `after`. */
  | { readonly kind: 'open'; readonly at: number; readonly isAgain: boolean; readonly after: number }
  | {
      readonly kind: 'chunks'
      readonly at: number
      readonly from: number
      readonly to: number
      /** How many of them carry text. */
      readonly tokens: number
      /** From the moment the server had the last of them until now; `null` if that is not known. */
      readonly addedMs: number | null
    }
  /** The page has told how far it is, and how far the server may go. Over SSE, TCP says it, and nothing is sent. */
  | {
      readonly kind: 'ack'
      readonly at: number
      readonly chunkId: number
      readonly window: number
      readonly queue: number
    }
  /** The connection is gone. */
  | { readonly kind: 'lost'; readonly at: number; readonly why: string }
  /** The provider failed, and is asked again. */
  | { readonly kind: 'retry'; readonly at: number; readonly why: string; readonly keepUntil: number }
  | {
      readonly kind: 'end'
      readonly at: number
      readonly how: 'completed' | 'error' | 'cancelled'
      readonly ttftMs: number | null
    }
  | { readonly kind: 'cancel'; readonly at: number }
