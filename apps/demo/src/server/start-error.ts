/** An error at the start that the user can fix. Its message says how. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
