import type { Snapshot } from '@sluice/client'

/** The kept text of a running answer that is not on the page. */
type Kept = Pick<Snapshot, 'text' | 'reasoning'>

const NAME = 'sluice-kept-texts'

/**
 * The texts of answers that run, across a reload: what was read is there at once, before the stream is, and also
 * if the network is away. The stream itself is read from its beginning, so nothing hangs on them.
 */
const texts = new Map<string, Kept>(Object.entries(stored()))

/** How far an answer is. A text that is still shorter than the kept one does not replace it. */
export function keepText(answerId: string, { text, reasoning }: Kept): void {
  const kept = texts.get(answerId)
  if (kept === undefined || !kept.text.startsWith(text)) texts.set(answerId, { text, reasoning })
}

export function keptText(answerId: string): Kept | undefined {
  return texts.get(answerId)
}

/** The answer has ended: the server has its text. */
export function forgetText(answerId: string): void {
  texts.delete(answerId)
}

/** The page is left, maybe for good. */
export function storeTexts(): void {
  try {
    sessionStorage.setItem(NAME, JSON.stringify(Object.fromEntries(texts)))
  } catch {
    // Full or forbidden: then the text comes with the stream.
  }
}

function stored(): Record<string, Kept> {
  try {
    return JSON.parse(sessionStorage.getItem(NAME) ?? '{}') as Record<string, Kept>
  } catch {
    return {}
  }
}
