import { external } from './external.ts'
import { wordsOf } from './request.ts'

/** The last failed action, until another one succeeds. */
export const notice = external<string | null>(null)

/**
 * Does what a person has asked for, and says if it fails: `'Could not rename it.'` Resolves to whether it was done.
 */
export async function attempt(failed: string, act: () => Promise<unknown>): Promise<boolean> {
  notice.set(null)
  try {
    await act()
    return true
  } catch (error) {
    notice.set(`${failed} ${wordsOf(error)}`)
    return false
  }
}
