import { useEffect } from 'react'

/** How often what others did to the conversation is looked for, in milliseconds: guests wait for the next question. */
const OWNER_MS = 5_000
const GUEST_MS = 1_500

/** Reads a conversation again while somebody looks: another browser may go on with it. */
export function useRefreshed(refresh: () => Promise<void>, isGuest: boolean): void {
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === 'visible') void refresh()
    }
    const timer = setInterval(look, isGuest ? GUEST_MS : OWNER_MS)
    document.addEventListener('visibilitychange', look)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [refresh, isGuest])
}
