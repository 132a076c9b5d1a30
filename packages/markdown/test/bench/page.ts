import { createMarkdownView, type MarkdownViewStats } from '../../src/index.ts'
import { subjects } from './subjects.ts'

/** What one run says. */
export interface Measurement {
  /** The longest step, in ms. */
  readonly longestMs: number
  /** How much of the text was shown before the time was up, from 0 to 1. */
  readonly part: number
  /** How many times as long the whole takes as this part: a step is taken to cost more by as much as it has so far. */
  readonly wholeToPart: number
}

/** Shows texts one below the other, in pieces of this length and each piece at once, until the time is up. */
export async function measure(
  name: string,
  texts: readonly string[],
  pieceLength: number,
  capMs: number,
): Promise<Measurement> {
  let spentMs = 0
  let longestMs = 0
  const spentAfter: number[] = []
  let done = 0
  let all = 0
  for (const text of texts) {
    all += text.length
    if (spentMs >= capMs) continue
    const element = document.createElement('div')
    document.body.append(element)
    const subject = subjects[name]!(element)
    let at = 0
    for (; at < text.length && spentMs < capMs; at += pieceLength) {
      const piece = text.slice(at, at + pieceLength)
      const whole = text.slice(0, at + pieceLength)
      const start = performance.now()
      subject.show(piece, whole)
      if (at + pieceLength >= text.length) subject.end()
      if (subject.rest !== undefined) await subject.rest()
      const ms = performance.now() - start
      spentMs += ms
      longestMs = Math.max(longestMs, ms)
      spentAfter.push(spentMs)
    }
    done += Math.min(at, text.length)
  }
  const part = done / all
  return { longestMs, part, wholeToPart: part < 1 ? extrapolate(spentAfter, part) : 1 }
}

// With a step that costs a + b·x at x, the halves of a part p cost ap/2 + bp²/8 and ap/2 + 3bp²/8, the whole a + b/2.
function extrapolate(spentAfter: readonly number[], part: number): number {
  const spent = spentAfter.at(-1)!
  const first = spentAfter[Math.floor(spentAfter.length / 2)]!
  const second = spent - first
  const slope = Math.max(0, (4 * (second - first)) / part ** 2)
  const start = Math.max(0, spent / part - (slope * part) / 2)
  return (start + slope / 2) / spent
}

/** The DOM nodes of the text that was shown last. */
export function countNodes(): number {
  const nodes = document.createNodeIterator(document.body.lastElementChild!)
  let count = -1
  while (nodes.nextNode() !== null) count++
  return count
}

/** Streams a text into a view at a pace, in tokens of four characters. */
export async function live(text: string, tokensPerSecond: number): Promise<MarkdownViewStats> {
  const element = document.createElement('div')
  document.body.replaceChildren(element)
  const view = createMarkdownView(element, { skipOffscreen: true })
  const start = performance.now()
  for (let at = 0; at < text.length; ) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    const due = Math.floor(((performance.now() - start) / 1000) * tokensPerSecond) * 4
    for (; at < Math.min(due, text.length); at += 4) view.append(text.slice(at, at + 4))
  }
  await view.complete()
  return view.stats
}
