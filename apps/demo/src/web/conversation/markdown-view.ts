import { external } from '../state/external.ts'
import { fetched } from '../state/fetched.ts'

/** The module that shows Markdown, and keeps the end of it in view; `null` until it has been fetched. */
export const markdownView = external<typeof import('./markdown.tsx') | null>(null)

// Beside the page's own script, so that the page is there before Markdown can be shown.
void fetched(() => import('./markdown.tsx')).then((view) => markdownView.set(view))
