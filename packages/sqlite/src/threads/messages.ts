/** A stream that is created, as its row takes it. */
export interface NewRow {
  readonly no: number
  readonly id: string
  /** JSON text of the record. */
  readonly record: string
  readonly owner: string | null
  readonly thread: string | null
  readonly key: string | null
  /** JSON text of the plan. */
  readonly plan: string | null
  readonly checkpoint: string | null
}

/** A change of the file, beside the events in the journal. */
export type Change =
  | { readonly do: 'create'; readonly row: NewRow; readonly predecessor: number | undefined }
  | {
      readonly do: 'page'
      readonly no: number
      readonly first: number
      readonly last: number
      readonly text: Uint8Array
    }
  | { readonly do: 'end'; readonly no: number; readonly last: number; readonly endedAt: number }
  | { readonly do: 'trim'; readonly no: number; readonly first: number }
  | { readonly do: 'checkpoint'; readonly no: number; readonly text: string }
  | { readonly do: 'forget'; readonly no: number }
  | { readonly do: 'refuse'; readonly key: string; readonly owner: string | null; readonly until: number }

/** What is written in one transaction. */
export interface Batch {
  readonly seq: number
  /** A row of the journal; `undefined`: nothing was appended that is not in a page. */
  readonly entries: Uint8Array | undefined
  readonly changes: readonly Change[]
  /** Rows of the journal below are in pages. `undefined`: none that would be worth a deletion. */
  readonly journalFrom: number | undefined
}

/** The answer to a batch. */
export type Reply =
  | { readonly seq: number; readonly error: undefined }
  /** Nothing of the batch was written. */
  | {
      readonly seq: number
      readonly error: { readonly message: string; readonly errcode: number | undefined }
    }

/** Writes batches, one at a time: in the thread of the process, or in one of its own. */
export interface BatchWriter {
  send(batch: Batch): void
  /** Resolves when the file is closed. */
  close(): Promise<void> | void
}

/** Work on the file that may take long. */
export type Chore =
  | { readonly do: 'checkpoint' }
  /** Deletes some of the streams that ended before, or that ended first if the file is larger than it may be. */
  | {
      readonly do: 'sweep'
      readonly endedBefore: number
      readonly now: number
      readonly maxFileBytes: number
      /** The numbers of streams that are being read. */
      readonly except: readonly number[]
    }

/** The answer to a chore. */
export interface ChoreDone {
  /** Bytes of content of the file. */
  readonly fileBytes: number
  /** How many streams were deleted. */
  readonly swept: number
}

/** What a thread is given when it starts. */
export interface ThreadData {
  readonly path: string
  readonly survives: 'process' | 'power'
}
