declare const stream: AsyncIterable<string>

// #region
import { createMarkdownView } from '@sluice/markdown'
import '@sluice/markdown/style.css' // optional: light and dark

const view = createMarkdownView(document.querySelector<HTMLElement>('#answer')!)
for await (const text of stream) view.append(text)
await view.complete()
