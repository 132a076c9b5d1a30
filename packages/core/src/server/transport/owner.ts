import { StreamingError } from '../../errors.ts'

/**
 * The name that the application's `owner` has given.
 * @throws StreamingError `authentication` if it is no name: `undefined`, an empty text, or no text
 */
export function checkedOwner(name: unknown): string {
  if (typeof name === 'string' && name !== '') return name
  throw new StreamingError('authentication')
}

let isWarned = false

/**
 * Warns that streams have no owners, once in a process. Through the process, because a server may have no logger, and
 * this must be seen.
 */
export function warnOfMissingOwner(): void {
  if (isWarned) return
  isWarned = true
  process.emitWarning(
    "Streams have no owners: every client that knows a stream's id may read and cancel the stream, and limits per owner " +
      'do not apply. Name the owner of a request with the `owner` option. If this is intended, set `owner: false`.',
    { type: 'SluiceWarning', code: 'SLUICE_NO_OWNER' },
  )
}
