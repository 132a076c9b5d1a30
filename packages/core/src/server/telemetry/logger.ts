/** What a hub needs of a logger: pino's shape, so `app.log` fits. Content, prompts and credentials never reach it. */
export interface Logger {
  error(facts: object, message: string): void
  warn(facts: object, message: string): void
  info(facts: object, message: string): void
  debug(facts: object, message: string): void
}

/** Says nothing. */
export const silentLogger: Logger = { error() {}, warn() {}, info() {}, debug() {} }
