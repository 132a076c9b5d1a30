import { useEffect } from 'react'
import { refresh } from '../state/conversations.ts'
import { liveIn } from '../state/live-answers.ts'

/** How often what others did to the conversation is looked for, in milliseconds: guests wait for the next question. */
const OWNER_MS = 5_000
const GUEST_MS = 1_500

/** Reads a conversation, and reads it again while somebody looks: another browser may go on with it. */
export function useRefreshed(id: string, isGuest: boolean): void {
  useEffect(() => {
    const look = () => {
      // An answer that is followed tells by itself how it goes, and when it ends.
      if (document.visibilityState === 'visible' && liveIn(id).length === 0) void refresh(id)
    }
    look()
    const timer = setInterval(look, isGuest ? GUEST_MS : OWNER_MS)
    document.addEventListener('visibilitychange', look)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [id, isGuest])
}
