/** A logger as pino has it, so `app.log` fits. Prompts, answers and credentials reach its `trace` only. */
export interface Logger {
  error(facts: object, message: string): void
  warn(facts: object, message: string): void
  info(facts: object, message: string): void
  debug(facts: object, message: string): void
  /** Gets errors whole, which may have prompts and keys in them. All else has their {@link ErrorFacts} only. */
  trace?(facts: object, message: string): void
}

/** Logs nothing. */
export const silentLogger: Logger = { error() {}, warn() {}, info() {}, debug() {} }
