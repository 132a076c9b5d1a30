/** How long it waits before it asks again, in milliseconds, and at most. */
const [FIRST_MS, LONGEST_MS] = [500, 8_000]

/** A part of the page. The network may be away just then, of all things on this page: so it is asked for again. */
export async function fetched<Part>(load: () => Promise<Part>): Promise<Part> {
  for (let waitMs = FIRST_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_MS)) {
    try {
      return await load()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }
}
