import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'
import { useExternal } from '../state/preference.ts'
import { markdownView } from './markdown-view.ts'

/**
 * Keeps the end in view for readers who are at the end, keeps the position of all others, and says whether the reader
 * is at the end. Scrolls to a new turn.
 */
export function useEnd(scroller: RefObject<HTMLElement | null>, turns: number) {
  const end = useRef<HTMLDivElement>(null)
  const [isAtEnd, setIsAtEnd] = useState(true)

  // It comes with what shows Markdown: there is not much to follow before that.
  const view = useExternal(markdownView)
  useEffect(
    () => (view === null || scroller.current === null ? undefined : view.followEnd(scroller.current)),
    [scroller, view],
  )

  useEffect(() => {
    const observer = new IntersectionObserver(
      ([entry]) => entry !== undefined && setIsAtEnd(entry.isIntersecting),
      { root: scroller.current, rootMargin: '0px 0px 64px 0px' },
    )
    if (end.current !== null) observer.observe(end.current)
    return () => observer.disconnect()
  }, [scroller])

  const goToEnd = useCallback(() => {
    if (scroller.current !== null) scroller.current.scrollTop = scroller.current.scrollHeight
  }, [scroller])

  // A new turn is the occasion.
  useEffect(goToEnd, [turns, goToEnd])

  return { end, isAtEnd, goToEnd }
}
