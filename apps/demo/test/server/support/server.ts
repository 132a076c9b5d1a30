import { onTestFinished } from 'vitest'
import { type RunningDemo, type StartDemoOptions, startDemo } from '../../support/demo.ts'

/** Fast enough not to be waited for, and slow enough to be in the middle of. */
export const QUICK = { ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY, jitter: 0 } as const
export const STEADY = { ttftMs: 0, tokensPerSecond: 1_500, jitter: 0 } as const

/** Starts a demo without its page, until the test has finished. */
export async function startServer(options: StartDemoOptions = {}): Promise<RunningDemo> {
  const demo = await startDemo({ pace: QUICK, page: async () => {}, ...options })
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= demo.close()
    return closing
  }
  onTestFinished(close)
  return { ...demo, close }
}
