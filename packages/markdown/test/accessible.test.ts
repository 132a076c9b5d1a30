import axe from 'axe-core'
import { expect, test } from 'vitest'
import { answers } from './answers/index.ts'
import { Tab } from './support/browser.ts'

const tab = new Tab()

test.each(Object.entries(answers))(
  'axe finds nothing in the answer %s, light and dark, in the middle and at the end',
  { timeout: 60_000 },
  async (_, text) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await tab.open({ colorScheme, viewport: { width: 400, height: 900 } })
      await page.addStyleTag({
        content: 'html { background: light-dark(#fff, #16181c) } main { padding: 1em }',
      })
      await page.addScriptTag({ content: axe.source })
      const found = await page.evaluate(async (text) => {
        document.title = 'answer'
        document.documentElement.lang = 'en'
        const main = document.querySelector('main')!
        main.insertAdjacentHTML('afterbegin', '<h1>An answer</h1><div></div>')
        const view = window.sluice.createMarkdownView(main.querySelector('div')!, {
          headingOffset: 1,
          footnotes: true,
          copyButton: { label: 'Copy', copiedLabel: 'Copied' },
          languageLabel: true,
          lineNumbers: true,
          tableTools: { copyCsv: 'Copy as CSV', copied: 'Copied' },
          caret: true,
        })
        const run = async (): Promise<string[]> => {
          await window.shown()
          const { violations } = await (
            window as unknown as {
              axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
            }
          ).axe.run()
          return violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`)
        }
        view.append(text.slice(0, text.length / 2))
        const middle = await run()
        view.append(text.slice(text.length / 2))
        await view.complete()
        await window.shown()
        return [...middle, ...(await run())]
      }, text)
      expect(found).toEqual([])
      await page.close()
    }
  },
)
