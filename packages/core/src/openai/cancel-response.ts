import { setTimeout as wait } from 'node:timers/promises'
import type { OpenAI } from 'openai'
import { Backoff } from '../backoff.ts'
import { mayPass, openaiError } from './errors.ts'

/**
 * Stops a background response at the provider. Tries again what may pass, for at most `withinMs`; it never rejects,
 * for the caller has left, and there is nobody to tell.
 */
export async function cancelResponse(
  client: Pick<OpenAI, 'responses'>,
  id: string,
  withinMs: number,
): Promise<void> {
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), withinMs)
  const { signal } = deadline
  const backoff = new Backoff({ baseMs: 250, capMs: 2_000, maxElapsedMs: withinMs })
  try {
    while (!signal.aborted) {
      try {
        await client.responses.cancel(id, { signal, maxRetries: 0 })
        return
      } catch (thrown) {
        const error = openaiError(thrown)
        const retry = mayPass(error) ? backoff.failed({ retryAfterMs: error.retryAfterMs }) : undefined
        if (retry === undefined) return
        await wait(retry.delayMs, undefined, { signal })
      }
    }
  } catch {
    // The deadline came while it waited.
  } finally {
    clearTimeout(timer)
  }
}
