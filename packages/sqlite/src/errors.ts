/**
 * Why a log could not be opened.
 *
 * - `SLUICE_SQLITE_LOCKED`: another process has the file open. One process writes a file.
 * - `SLUICE_SQLITE_NEWER_FORMAT`: a newer version of this package has written the file.
 * - `SLUICE_SQLITE_NOT_A_LOG`: the file is no database, or the database of another application.
 * - `SLUICE_SQLITE_CORRUPT`: the file is damaged.
 * - `SLUICE_SQLITE_UNUSABLE`: the file or its folder cannot be written, the disk is full, or SQLite refuses it otherwise.
 */
export type SqliteLogErrorCode =
  | 'SLUICE_SQLITE_LOCKED'
  | 'SLUICE_SQLITE_NEWER_FORMAT'
  | 'SLUICE_SQLITE_NOT_A_LOG'
  | 'SLUICE_SQLITE_CORRUPT'
  | 'SLUICE_SQLITE_UNUSABLE'

/** Thrown by `sqliteLog` if the file cannot be opened. The file is left as it is. */
export class SqliteLogError extends Error {
  override readonly name = 'SqliteLogError'
  readonly code: SqliteLogErrorCode
  /** The path of the file. */
  readonly path: string

  constructor(code: SqliteLogErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(`sqliteLog: ${path}: ${message}`, options)
    this.code = code
    this.path = path
  }
}

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const CORRUPT = 11
const NOT_A_DATABASE = 26

/** Says of an error of SQLite, thrown as the file was opened, what is wrong with the file. */
export function openingError(path: string, thrown: unknown): SqliteLogError {
  if (thrown instanceof SqliteLogError) return thrown
  const { errcode = 0, message } = thrown as { readonly errcode?: number; readonly message: string }
  const options = { cause: thrown }
  // The low byte is the primary code.
  switch (errcode & 0xff) {
    case CORRUPT:
      return new SqliteLogError(
        'SLUICE_SQLITE_CORRUPT',
        path,
        `the file is damaged (${message}). Move it away to begin with an empty log; the command \`sqlite3 FILE .recover\` may save its content.`,
        options,
      )
    case NOT_A_DATABASE:
      return new SqliteLogError('SLUICE_SQLITE_NOT_A_LOG', path, 'the file is no SQLite database.', options)
    default:
      return new SqliteLogError(
        'SLUICE_SQLITE_UNUSABLE',
        path,
        `the file cannot be used (${message}). Its folder has to exist on a local disk with free space, and this process has to be allowed to write there.`,
        options,
      )
  }
}
