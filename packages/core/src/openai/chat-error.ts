import { type Fields, fieldsOf, textOf } from '../provider/fields.ts'

/**
 * The error that a chunk carries, in any of the shapes that are in use: `error` as an object, a list or text, beside the
 * choices, in one of them, or in Groq's `x_groq`; an error object without a wrapper (`object: "error"`,
 * `type: "error"`); a status with a message and no choices.
 */
export function errorIn(chunk: Fields, choice: Fields | undefined): object | undefined {
  const wrapped = said(chunk.error) ?? said(choice?.error) ?? said(fieldsOf(chunk.x_groq)?.error)
  if (wrapped !== undefined) return wrapped
  if (choice !== undefined) return undefined
  const isError = chunk.object === 'error' || chunk.type === 'error'
  const isBare = textOf(chunk.message) !== undefined && (isStatus(chunk.code) || isStatus(chunk.status))
  return isError || isBare ? chunk : undefined
}

function said(error: unknown): object | undefined {
  if (typeof error === 'string') return error === '' ? undefined : { message: error }
  const fields = fieldsOf(Array.isArray(error) ? error[0] : error)
  return fields !== undefined && Object.values(fields).some(saysSomething) ? fields : undefined
}

/** Some servers have an error whose fields are blank in each chunk. */
function saysSomething(value: unknown): boolean {
  return value !== null && value !== undefined && value !== ''
}

function isStatus(code: unknown): boolean {
  return Number(code) >= 400 && Number(code) < 600
}
