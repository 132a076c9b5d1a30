/** How long the button says that it has copied, in ms. */
const COPIED_MS = 2000

/** A button that copies a text. */
export function copyButton(
  document: Document,
  { label, copiedLabel }: { readonly label: string; readonly copiedLabel: string },
  text: () => string,
): HTMLButtonElement {
  const button = toolButton(document, label, async () => {
    try {
      await document.defaultView!.navigator.clipboard.writeText(text())
    } catch {
      // Without permission nothing is copied, and the label must not say so.
      return
    }
    button.textContent = copiedLabel
    setTimeout(() => {
      button.textContent = label
    }, COPIED_MS)
  })
  button.setAttribute('data-copy', '')
  return button
}

/** A button in a bar. */
export function toolButton(document: Document, label: string, run: () => unknown): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.dir = 'auto'
  button.textContent = label
  button.addEventListener('click', run)
  return button
}
