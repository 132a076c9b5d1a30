import { ERROR_TYPES, type ErrorType, type ErrorTypeInfo, meaningOf } from '@sluice/core'
import { code, table } from './markdown.ts'

/** The closed set of error types, as the code has it. */
export function errorTable(): string {
  const rows = Object.entries<ErrorTypeInfo>(ERROR_TYPES).map(
    ([type, { status, closeCode, recoverable }]) => [
      code(type),
      `${status}`,
      closeCode === null ? '' : `${closeCode}`,
      recoverable ? 'yes' : 'no',
      meaningOf(type as ErrorType),
    ],
  )
  return table(['`error_type`', 'HTTP status', 'close code', 'recoverable', 'means'], rows)
}
