import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { build, type Rollup } from 'vite'

const ENTRY = 'virtual:markdown'

/** A page that shows Markdown as the demo does, to compare with: what a reader sees of a text. */
export class MarkdownReader {
  readonly #page: Page

  private constructor(page: Page) {
    this.#page = page
  }

  static async open(browser: Browser): Promise<MarkdownReader> {
    const page = await browser.newPage()
    await page.addScriptTag({ type: 'module', content: await script() })
    await page.waitForFunction(() => 'createMarkdownView' in globalThis)
    return new MarkdownReader(page)
  }

  /** The letters that a reader sees, whole or in the middle of the answer. */
  read(markdown: string, { isComplete = true } = {}): Promise<string> {
    return this.#page.evaluate(
      async ([text, complete]) => {
        const element = document.createElement('div')
        document.body.replaceChildren(element)
        const { createMarkdownView } = globalThis as unknown as typeof import('@sluice/markdown')
        const view = createMarkdownView(element, { status: false })
        view.append(text)
        if (complete) await view.complete()
        else await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
        return element.textContent
      },
      [markdown, isComplete] as const,
    )
  }
}

let built: Promise<string> | undefined

function script(): Promise<string> {
  built ??= bundle()
  return built
}

async function bundle(): Promise<string> {
  const code = `import { createMarkdownView } from '@sluice/markdown'; globalThis.createMarkdownView = createMarkdownView`
  const output = (await build({
    configFile: fileURLToPath(new URL('../../vite.config.ts', import.meta.url)),
    logLevel: 'warn',
    plugins: [
      {
        name: 'markdown-alone',
        resolveId: (id) =>
          id === ENTRY ? fileURLToPath(new URL('./markdown-alone.js', import.meta.url)) : null,
        load: (id) => (id.endsWith('markdown-alone.js') ? code : null),
      },
    ],
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: ENTRY, output: { codeSplitting: false, format: 'es' } },
    },
  })) as Rollup.RollupOutput
  return output.output[0].code
}
