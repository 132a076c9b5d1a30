import type { Me } from '../../shared/api.ts'
import { api } from './api.ts'

let known: Promise<Me> | undefined

/**
 * Who this is to the server, and what it can do. Every other request waits for it: with it comes the cookie. Asked
 * once, and again where that failed.
 */
export function visitor(): Promise<Me> {
  known ??= api.me().catch((error: unknown) => {
    known = undefined
    throw error
  })
  return known
}
