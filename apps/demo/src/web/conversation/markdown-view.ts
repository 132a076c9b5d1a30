import { external } from '../state/external.ts'

/** What shows Markdown, and keeps the end of it in view; `null` until it has been fetched. */
export const markdownView = external<typeof import('./markdown.tsx') | null>(null)

/** How long it waits before it asks again, in milliseconds, and at most. */
const [FIRST_MS, LONGEST_MS] = [500, 8_000]

/**
 * Fetched beside the page's own script, so that the page is there before Markdown can be shown. The network may be
 * away just then, of all things on this page: so it is asked for again.
 */
async function load(waitMs: number): Promise<void> {
  try {
    markdownView.set(await import('./markdown.tsx'))
  } catch {
    setTimeout(() => void load(Math.min(waitMs * 2, LONGEST_MS)), waitMs)
  }
}

void load(FIRST_MS)
