/** A value that has seen which of its fields were read. */
export interface Watched<T extends object> {
  /** The value, with the fields that are watched as getters. */
  readonly value: T
  /** Whether `found` is the value, or holds it: then the code that has `found` may still read all of it. */
  isIn(found: unknown): boolean
}

/** Watches which of some fields of an object are read. Copies (`{ ...value }`) and `JSON.stringify` read all of them. */
export function watched<T extends object>(
  value: T,
  names: Iterable<string>,
  onRead: (name: string) => void,
): Watched<T> {
  const copy = { ...value }
  for (const name of names) {
    if (!Object.hasOwn(value, name)) continue
    const field = value[name as keyof T]
    Object.defineProperty(copy, name, {
      enumerable: true,
      configurable: true,
      get() {
        onRead(name)
        return field
      },
    })
  }
  return { value: copy, isIn: (found) => holds(found, copy, new Set()) }
}

function holds(found: unknown, wanted: object, seen: Set<object>): boolean {
  if (found === wanted) return true
  if (typeof found !== 'object' || found === null || seen.has(found)) return false
  seen.add(found)
  // Not through getters: to look at a field must not count as reading it.
  return Object.values(Object.getOwnPropertyDescriptors(found)).some(({ value }) =>
    holds(value, wanted, seen),
  )
}
