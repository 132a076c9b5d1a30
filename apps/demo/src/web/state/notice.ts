import { external } from './external.ts'
import { wordsOf } from './request.ts'

/** What could not be done, until something else is. */
export const notice = external<string | null>(null)

/**
 * Does what a person has asked for, and says where it fails: `'Could not rename it.'` Resolves to whether it was done.
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
