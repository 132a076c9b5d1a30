import { useSyncExternalStore } from 'react'

/** Whether a media query holds, also when that changes. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const list = matchMedia(query)
      list.addEventListener('change', listener)
      return () => list.removeEventListener('change', listener)
    },
    () => matchMedia(query).matches,
  )
}

/** Matches if the sidebar is a drawer. */
export const NARROW = '(max-width: 52rem)'
/** Matches if the laboratory lies over the chat instead of beside it. */
export const MEDIUM = '(max-width: 76rem)'
