import {
  type ComponentType,
  createElement,
  Fragment,
  memo,
  type ReactElement,
  type ReactNode,
  useLayoutEffect,
  useRef,
  useSyncExternalStore,
} from 'react'
import { createPortal } from 'react-dom'
import type { Place, Places, StreamingMarkdownComponents } from './places.ts'

const NONE: readonly Place[] = []

interface PortalsProps {
  readonly places: Places
  readonly components: StreamingMarkdownComponents | undefined
}

/**
 * Renders a component into each place, in the React tree of the component that uses the view: its contexts reach them.
 * A component is rendered when its own state changes, and the list when there is another place: not when the text grows.
 */
export const Portals = memo(function Portals({ places, components = {} }: PortalsProps): ReactElement {
  // A store's change is rendered before the browser paints, so a component does not flicker in.
  const current = useSyncExternalStore(places.subscribe, places.current, () => NONE)
  const { codeBlock, link, pre, a, ...others } = components
  const named = { ...others, codeBlock: codeBlock ?? pre, link: link ?? a }
  const filled = current.map((place) => {
    const component = named[place.kind] as ComponentType<{ children: ReactNode }> | undefined
    return createPortal(createElement(Filled, { place, component }), place.element, `${place.key}`)
  })
  return createElement(Fragment, null, filled)
})

interface FilledProps {
  readonly place: Place
  readonly component: ComponentType<{ children: ReactNode }> | undefined
}

const Filled = memo(function Filled({ place, component }: FilledProps): ReactElement {
  const { element, content, slot, props } = place
  // If a component leaves out its children, they are not shown. The children's effects come first: the content is
  // still here if no child took it.
  useLayoutEffect(() => {
    if (content.parentNode === element) content.remove()
  }, [element, content])
  const children = createElement(Slot, { tag: slot, content })
  return component === undefined ? children : createElement(component, { ...props, children })
})

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
