/** Tells the user what the set-up does. */
export function say(message) {
  process.stdout.write(`sluice: ${message}\n`)
}

/** A failure that its reader can mend: the message says how, so no stack is shown. */
export class SetupError extends Error {
  name = 'SetupError'
}
