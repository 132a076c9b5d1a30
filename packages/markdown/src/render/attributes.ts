/** Sets several attributes, each only if that changes it. */
export function setAttributes(element: Element, attributes: Readonly<Record<string, string | null>>): void {
  for (const name in attributes) setAttribute(element, name, attributes[name]!)
}

/** Sets an attribute only if that changes it. */
export function setAttribute(element: Element, name: string, value: string | null): void {
  if (element.getAttribute(name) === value) return
  if (value === null) element.removeAttribute(name)
  else element.setAttribute(name, value)
}

/** The outermost element of a code block: its frame, if it has one. */
export function frameOf(code: Element): Element {
  const pre = code.parentElement!
  const { parentElement } = pre
  return parentElement?.getAttribute('data-framed') === 'code' ? parentElement : pre
}
