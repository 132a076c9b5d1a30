/** The element that the page's HTML has under a selector. @throws {Error} where the HTML has none. */
export function find<E extends HTMLElement = HTMLElement>(
  selector: string,
  within: ParentNode = document,
): E {
  const element = within.querySelector<E>(selector)
  if (element === null) throw new Error(`The page has no ${selector}.`)
  return element
}

/** A fresh copy of what a template holds, its first element. */
export function copyOf(template: string): HTMLElement {
  const content = find<HTMLTemplateElement>(template).content.firstElementChild
  return content?.cloneNode(true) as HTMLElement
}

/** Sets a text where it differs: a screen reader may read again what is set again. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
