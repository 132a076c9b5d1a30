import {
  createElement,
  Fragment,
  type HTMLAttributes,
  type ReactElement,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import { TextFollower } from '../follow.ts'
import type { MarkdownViewOptions } from '../options.ts'
import { createMarkdownView, type MarkdownView } from '../view.ts'
import { onServer } from './on-server.ts'
import { Places, type StreamingMarkdownComponents } from './places.ts'
import { Portals } from './portals.ts'

/** The props of `StreamingMarkdown`; other properties go to its `div`. */
export interface StreamingMarkdownProps extends Omit<HTMLAttributes<HTMLDivElement>, 'children'> {
  /** The whole text so far. When it is no continuation of the last one, the view begins anew. */
  readonly text?: string
  /** Pieces of text, instead of `text`. Another stream begins the view anew. */
  readonly stream?: AsyncIterable<string>
  /**
   * Whether `text` is complete.
   * @default false
   */
  readonly complete?: boolean
  /** Read once, when the component mounts: give the component another `key` to change them. */
  readonly options?: MarkdownViewOptions
  /**
   * Components that show code blocks and links. Which of them there are is read once, like `options`.
   * @default the view's own elements
   */
  readonly components?: StreamingMarkdownComponents
  /** Receives the error if the stream fails. Without it, the error is reported to the page. */
  readonly onStreamError?: (error: unknown) => void
}

/** Before the page is painted, so that what is there to be shown does not flicker in; React 18 warns of it on a server. */
const useEffectBeforePaint = typeof document === 'undefined' ? useEffect : useLayoutEffect

/**
 * A growing Markdown text. React renders its `div`, and a component of yours when it begins and when what it is told
 * changes: a token costs no render.
 */
export function StreamingMarkdown(props: StreamingMarkdownProps): ReactElement {
  const { text, stream, complete = false, options, components, onStreamError = report, ...rest } = props
  const element = useRef<HTMLDivElement>(null)
  const view = useRef<MarkdownView | null>(null)
  const follower = useRef<TextFollower | null>(null)
  // True on a server, and while React hydrates the HTML of a server.
  const isFromServer = useSyncExternalStore(subscribeToNothing, no, yes)
  const [html] = useState(() =>
    isFromServer ? { __html: onServer.render?.(text ?? '', options ?? {}) ?? '' } : null,
  )
  const [places] = useState(() => new Places())
  const latest = useRef({ options, components, onStreamError })
  latest.current.onStreamError = onStreamError

  useEffectBeforePaint(() => {
    // The view gets a container of its own: its status stands beside it, and React's `div` stays as React knows it.
    const host = element.current!
    const rendered = host.firstElementChild as HTMLElement | null
    const container = rendered ?? host.appendChild(host.ownerDocument.createElement('div'))
    const { options, components } = latest.current
    const overrides = { ...options?.overrides, ...places.overridesFor(components) }
    view.current = createMarkdownView(container, { ...options, overrides, hydrate: rendered !== null })
    follower.current = new TextFollower(view.current)
    const stop = places.watch(container)
    return () => {
      view.current?.destroy()
      view.current = null
      stop()
      container.remove()
    }
  }, [places])

  useEffectBeforePaint(() => {
    if (text === undefined || view.current === null) return
    follower.current!.follow(text, complete).catch(latest.current.onStreamError)
  }, [text, complete])

  useEffect(() => {
    const target = view.current
    if (stream === undefined || target === null) return
    let current = true
    const follow = async (): Promise<void> => {
      // Strict mode mounts twice in a row: the first must not touch the stream, which can be read only once.
      await null
      if (!current) return
      target.reset()
      for await (const piece of stream) {
        if (!current) return
        target.append(piece)
      }
      if (current) await target.complete()
    }
    follow().catch((error: unknown) => {
      if (current) latest.current.onStreamError(error)
    })
    return () => {
      current = false
    }
  }, [stream])

  // React never touches what is in the `div`: the object stays the same.
  const inner = html === null ? {} : { dangerouslySetInnerHTML: html, suppressHydrationWarning: true }
  const container = createElement('div', { ...rest, ...inner, ref: element })
  return createElement(Fragment, null, container, createElement(Portals, { places, components }))
}

const subscribeToNothing = (): (() => void) => () => {}
const yes = (): boolean => true
const no = (): boolean => false

function report(error: unknown): void {
  globalThis.reportError(error)
}
