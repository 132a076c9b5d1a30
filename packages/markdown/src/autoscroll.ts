/** How near to the end counts as at the end, in px. */
const NEAR_PX = 32

/**
 * Follows the end of a scrolled element's content, but only while the reader is there: a reader who scrolls up keeps
 * the position, and a reader who comes back to the end is followed again.
 *
 * @returns a function that stops it
 */
export function followEnd(
  scroller: HTMLElement,
  content: Element = scroller.firstElementChild ?? scroller,
): () => void {
  const view = scroller.ownerDocument.defaultView as Window & typeof globalThis
  let following = isAtEnd()
  let lastTop = scroller.scrollTop

  function isAtEnd(): boolean {
    return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight <= NEAR_PX
  }

  // Only a move upwards is the reader's will to leave: content that grows moves the end, not the reader.
  function onScroll(): void {
    if (isAtEnd()) following = true
    else if (scroller.scrollTop < lastTop) following = false
    lastTop = scroller.scrollTop
  }

  const observer = new view.ResizeObserver(() => {
    if (following) scroller.scrollTop = scroller.scrollHeight
  })
  observer.observe(content)
  scroller.addEventListener('scroll', onScroll, { passive: true })
  return () => {
    observer.disconnect()
    scroller.removeEventListener('scroll', onScroll)
  }
}
