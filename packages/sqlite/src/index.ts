export { SqliteLogError, type SqliteLogErrorCode } from './errors.ts'
export type { SqliteLogOptions, Survives } from './options.ts'
export { type SqliteLog, sqliteLog } from './sqlite-log.ts'
