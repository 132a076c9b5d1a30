import { preference } from './preference.ts'

/** `system` follows the device. The style sheet knows the other two by `data-theme` on the root. */
export const theme = preference('sluice-theme', ['system', 'light', 'dark'])

function show(): void {
  const { dataset } = document.documentElement
  if (theme.get() === 'system') delete dataset.theme
  else dataset.theme = theme.get()
}

show()
theme.subscribe(show)
