import { type RefObject, useEffect } from 'react'

/**
 * Makes all of a growing text reachable: a table that is too wide can be scrolled by keys too, and a task's box says
 * what it is. The view leaves both to the page, because they need words, or places in its order of focus.
 */
export function useReachable(element: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const root = element.current
    if (root === null) return
    const reach = () => {
      for (const table of root.querySelectorAll<HTMLTableElement>('table:not([tabindex])')) table.tabIndex = 0
      for (const box of root.querySelectorAll<HTMLInputElement>('input[type=checkbox]:not([aria-label])'))
        box.ariaLabel = box.checked ? 'Done' : 'To do'
    }
    reach()
    const observer = new MutationObserver((records) => {
      if (records.some(({ addedNodes }) => [...addedNodes].some((node) => node instanceof Element))) reach()
    })
    observer.observe(root, { childList: true, subtree: true })
    return () => observer.disconnect()
  }, [element])
}
