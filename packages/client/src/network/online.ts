/** The browser's report of its network (WHATWG HTML, "online and offline events"). Outside browsers it is online. */
export const network = {
  get isOnline(): boolean {
    return globalThis.navigator?.onLine !== false
  },

  /** Calls `listener` whenever the network comes or goes. Returns the function that ends it. */
  watch(listener: (isOnline: boolean) => void): () => void {
    const onChange = ({ type }: Event) => listener(type === 'online')
    const each = (act: 'addEventListener' | 'removeEventListener') => {
      // Node has no window, and React Native one without events.
      for (const type of ['online', 'offline']) globalThis[act]?.(type, onChange)
    }
    each('addEventListener')
    return () => each('removeEventListener')
  },
}
