/** Why the demo cannot start, where it is for the person who starts it to mend. Its message says how. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
