import type { Me } from '../../shared/api.ts'
import { api } from './api.ts'

let known: Promise<Me> | undefined

/**
 * The visitor, as the server knows them, and the server's abilities. Every other request waits for it: with it comes the cookie. Asked
 * once, and again if that failed.
 */
export function visitor(): Promise<Me> {
  known ??= api.me().catch((error: unknown) => {
    known = undefined
    throw error
  })
  return known
}
