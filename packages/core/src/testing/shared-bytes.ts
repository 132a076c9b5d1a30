/**
 * Counts the bytes of all `SharedArrayBuffer`s that are made from now on, until they are collected: most of what logs
 * hold is in those, and `process.memoryUsage()` does not know of them. For a test that looks at memory; call it before
 * anything is held, and let the event loop turn after a collection.
 *
 * @returns how many bytes there are now.
 */
export function countSharedBytes(): () => number {
  let bytes = 0
  const collected = new FinalizationRegistry<number>((length) => {
    bytes -= length
  })
  globalThis.SharedArrayBuffer = new Proxy(SharedArrayBuffer, {
    construct(target, given, newTarget): SharedArrayBuffer {
      const made: SharedArrayBuffer = Reflect.construct(target, given, newTarget)
      bytes += made.byteLength
      collected.register(made, made.byteLength)
      return made
    },
  })
  return () => bytes
}
