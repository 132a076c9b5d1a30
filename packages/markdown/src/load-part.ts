/** The wait before a part is requested again, in milliseconds: the first one, and the longest. */
const [FIRST_MS, LONGEST_MS] = [500, 8_000]

/**
 * Loads a part of this package. The network may be away at that moment, so the part is requested until it comes, or
 * until it is not wanted any more: then the promise stays pending.
 */
export async function loadPart<Part>(load: () => Promise<Part>, isWanted: () => boolean): Promise<Part> {
  for (let waitMs = FIRST_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_MS)) {
    try {
      return await load()
    } catch {
      await new Promise<void>((resolve) => setTimeout(() => isWanted() && resolve(), waitMs))
    }
  }
}
