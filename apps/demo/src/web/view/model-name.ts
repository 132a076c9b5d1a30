import { find, setText } from './find.ts'

/** Shows which model answers, and where it is. Nobody needs to know, so a page that cannot find out says nothing. */
export async function showModelName(): Promise<void> {
  try {
    const response = await fetch('/about')
    if (!response.ok) return
    const { model, source } = (await response.json()) as { readonly model: string; readonly source: string }
    const line = find('#model')
    setText(line, `${model} · ${source}`)
    line.hidden = false
  } catch {
    // The network is away; the answer's own connection says so.
  }
}
