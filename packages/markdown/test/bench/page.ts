import DOMPurify from 'dompurify'
import { marked } from 'marked'
import { default_renderer, parser, parser_end, parser_write } from 'streaming-markdown'
import { GrowingDocument } from '../../src/render/document.ts'

/** A way to show a growing text: `show` after each step with the new piece and the whole so far. */
export interface Subject {
  show(piece: string, whole: string): void
  end(): void
}

export const subjects: Record<string, (element: HTMLElement) => Subject> = {
  '@sluice/markdown': (element) => {
    const growing = new GrowingDocument(element)
    return {
      show(piece) {
        growing.add(piece)
        growing.show()
      },
      end: () => growing.finish(),
    }
  },
  'streaming-markdown': (element) => {
    const state = parser(default_renderer(element))
    return { show: (piece) => parser_write(state, piece), end: () => parser_end(state) }
  },
  'marked + DOMPurify': (element) => ({
    show(_, whole) {
      element.replaceChildren(
        DOMPurify.sanitize(marked.parse(whole, { async: false }), { RETURN_DOM_FRAGMENT: true }),
      )
    },
    end() {},
  }),
}

export interface Measurement {
  readonly scriptMs: number
  readonly nodes: number
}

/** Shows a text in pieces of this length, each at once, and measures the script alone. */
export function measure(name: string, text: string, pieceLength: number): Measurement {
  const element = document.createElement('div')
  document.body.append(element)
  const subject = subjects[name]!(element)
  const start = performance.now()
  for (let at = 0; at < text.length; at += pieceLength) {
    subject.show(text.slice(at, at + pieceLength), text.slice(0, at + pieceLength))
  }
  subject.end()
  const scriptMs = performance.now() - start
  const nodes = document.createNodeIterator(element)
  let count = -1
  while (nodes.nextNode() !== null) count++
  element.remove()
  return { scriptMs, nodes: count }
}
