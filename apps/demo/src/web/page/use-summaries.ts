import { useEffect } from 'react'
import { refreshList, summaries } from '../state/conversations.ts'
import { useIsLive } from '../state/live-answers.ts'
import { useExternal } from '../state/preference.ts'

/** How often it is looked how far answers in other conversations are, in milliseconds. */
const RUNNING_MS = 1_500

/** Reads the list of conversations, and reads it again while something runs in one of them. */
export function useSummaries(): void {
  const isLive = useIsLive()
  const isRunning = (useExternal(summaries)?.some(({ running }) => running > 0) ?? false) || isLive

  useEffect(() => {
    const look = () => {
      // A list that cannot be read now is the old one; what a person does next says what is wrong.
      if (document.visibilityState === 'visible') refreshList().catch(() => {})
    }
    look()
    document.addEventListener('visibilitychange', look)
    const timer = isRunning ? setInterval(look, RUNNING_MS) : undefined
    return () => {
      document.removeEventListener('visibilitychange', look)
      clearInterval(timer)
    }
  }, [isRunning])
}
