import DOMPurify from 'dompurify'
import { marked } from 'marked'
import { createElement, type ReactElement } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import ReactMarkdown from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { Streamdown } from 'streamdown'
import { default_renderer, parser, parser_end, parser_write } from 'streaming-markdown'
import { GrowingDocument } from '../../src/render/document.ts'

/** A way to show a growing text: `show` after each step with the new piece and the whole so far. */
export interface Subject {
  show(piece: string, whole: string): void
  end(): void
  /** What a step has left for a task of its own. */
  rest?(): Promise<void>
}

const plugins = [remarkGfm]

export const subjects: Readonly<Record<string, (element: HTMLElement) => Subject>> = {
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
  streamdown: (element) => rendered(element, (children) => createElement(Streamdown, null, children)),
  'react-markdown': (element) =>
    rendered(element, (children) => createElement(ReactMarkdown, { remarkPlugins: plugins, children })),
  'marked + DOMPurify': (element) => ({
    show(_, whole) {
      const html = marked.parse(whole, { async: false })
      element.replaceChildren(DOMPurify.sanitize(html, { RETURN_DOM_FRAGMENT: true }))
    },
    end() {},
  }),
}

function rendered(element: HTMLElement, component: (text: string) => ReactElement): Subject {
  const root = createRoot(element)
  return {
    show: (_, whole) => flushSync(() => root.render(component(whole))),
    end() {},
    // Effects that set state again are React's next task; without a break it takes many of them for an endless loop.
    rest: nextTask,
  }
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
