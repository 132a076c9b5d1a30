import {
  type ComponentType,
  createElement,
  Fragment,
  memo,
  type ReactElement,
  useLayoutEffect,
  useRef,
  useSyncExternalStore,
} from 'react'
import { createPortal } from 'react-dom'
import type { CodeBlockProps, LinkProps, Place, Places, StreamingMarkdownComponents } from './places.ts'

const NONE: readonly Place[] = []

/**
 * Renders a component into each place, in the React tree of who uses the view: its contexts reach them. Each is
 * rendered when its own state changes, and the list when there is another place: not when the text grows.
 */
export const Portals = memo(function Portals({
  places,
  codeBlock,
  link,
}: StreamingMarkdownComponents & { readonly places: Places }): ReactElement {
  // A store's change is rendered before the browser paints, so a component does not flicker in.
  const current = useSyncExternalStore(places.subscribe, places.current, () => NONE)
  const filled = current.map((place) => {
    const component =
      place.kind === 'link'
        ? createElement(LinkPlace, { place, component: link })
        : createElement(CodeBlockPlace, { place, component: codeBlock })
    return createPortal(component, place.element, `${place.key}`)
  })
  return createElement(Fragment, null, filled)
})

interface FilledProps<Kind extends Place['kind'], Props> {
  readonly place: Place & { readonly kind: Kind }
  readonly component: ComponentType<Props> | undefined
}

const CodeBlockPlace = memo(function CodeBlockPlace({
  place,
  component,
}: FilledProps<'codeBlock', CodeBlockProps>): ReactElement {
  useOnlyInSlot(place)
  const children = createElement(Slot, { tag: 'div', content: place.content })
  return component === undefined ? children : createElement(component, { ...place.state, children })
})

const LinkPlace = memo(function LinkPlace({
  place,
  component,
}: FilledProps<'link', LinkProps>): ReactElement {
  useOnlyInSlot(place)
  const children = createElement(Slot, { tag: 'span', content: place.content })
  return component === undefined ? children : createElement(component, { ...place.state, children })
})

// What a component leaves out is not shown. The children's effects come first: it is still here if nobody took it.
function useOnlyInSlot({ element, content }: Place): void {
  useLayoutEffect(() => {
    if (content.parentNode === element) content.remove()
  }, [element, content])
}

/** Shows an element of the view's. */
function Slot({
  tag,
  content,
}: {
  readonly tag: 'div' | 'span'
  readonly content: HTMLElement
}): ReactElement {
  const slot = useRef<HTMLDivElement & HTMLSpanElement>(null)
  useLayoutEffect(() => {
    slot.current!.append(content)
  }, [content])
  return createElement(tag, { ref: slot, style: { display: 'contents' } })
}
