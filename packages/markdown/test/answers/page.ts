// All answers on one page, each in a view: `window.show(part)` shows them up to this part of their text.
import { common, createLowlight } from 'lowlight'
import { createMarkdownView, lowlightHighlight } from '../../src/index.ts'
import { katexMath } from '../../src/math/katex.ts'
import { answers } from './index.ts'

Object.assign(window, {
  async show(part: number): Promise<void> {
    const main = document.querySelector('main')!
    main.replaceChildren()
    for (const text of Object.values(answers)) {
      const section = main.appendChild(document.createElement('section'))
      const view = createMarkdownView(section.appendChild(document.createElement('div')), {
        highlight: lowlightHighlight(createLowlight(common)),
        copyButton: { label: 'Copy', copiedLabel: 'Copied' },
        languageLabel: true,
        footnotes: true,
        caret: true,
        math: katexMath({ dollars: true, katex: { output: 'mathml' } }),
      })
      view.append(text.slice(0, text.length * part))
      if (part === 1) await view.complete()
    }
  },
})
