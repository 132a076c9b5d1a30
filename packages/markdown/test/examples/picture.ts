// What the README's pictures show: an answer that is still being written.
import { createMarkdownView, lowlightHighlight } from '@sluice/markdown'
import { common, createLowlight } from 'lowlight'

const view = createMarkdownView(document.querySelector<HTMLElement>('#answer')!, {
  highlight: lowlightHighlight(createLowlight(common)),
  copyButton: { label: 'Copy', copiedLabel: 'Copied' },
  footnotes: true,
})
view.append(`## Read a stream in the browser

A \`fetch\` body is a **readable stream** of *bytes*[^bytes]. Decode it piece by piece:

\`\`\`js
const response = await fetch('/answer')
const decoder = new TextDecoderStream()
for await (const text of response.body.pipeThrough(decoder)) {
  view.append(text) // shown with the next frame
}
\`\`\`

| What | Chrome | Firefox | Safari |
|:-----|:------:|:-------:|:------:|
| \`for await\` over a body | 124 | 110 | 26.4 |
| \`TextDecoderStream\` | 71 | 105 | 14.1 |

- [x] One code block, coloured when it closes
- [ ] ~~No~~ polyfill for old browsers

> Bytes are not *characters*: a decoder keeps what is incomplete.

[^bytes]: Characters may be cut in two between pieces.

And now the part that is still **being writ`)
