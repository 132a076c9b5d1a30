/** Whether the browser says that there is a network. Outside browsers there is one. */
export function isOnline(): boolean {
  return globalThis.navigator?.onLine !== false
}

/**
 * Calls `listener` whenever the network is back after it was away (WHATWG HTML, "online and offline events").
 * @returns the function that ends it.
 */
export function onBackOnline(listener: () => void): () => void {
  // Node has no window, and React Native one without events.
  globalThis.addEventListener?.('online', listener)
  return () => globalThis.removeEventListener?.('online', listener)
}
