import { StreamingError } from '../../errors.ts'

/**
 * The name that the application's `owner` has given.
 * @throws StreamingError `authentication` if it is no name: `undefined`, an empty text, or no text
 */
export function checkedOwner(name: unknown): string {
  if (typeof name === 'string' && name !== '') return name
  throw new StreamingError('authentication')
}
