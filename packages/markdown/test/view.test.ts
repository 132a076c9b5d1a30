import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type * as sluice from '../src/index.ts'
import { bundle, launchChromium } from './support/chromium.ts'

declare global {
  interface Window {
    sluice: typeof sluice
  }
}

const style = readFileSync(new URL('../style.css', import.meta.url), 'utf8')

let browser: Browser
let script: string
let page: Page

beforeAll(async () => {
  browser = await launchChromium()
  script = await bundle()
})
afterAll(() => browser.close())

async function open(settings: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
  const opened = await browser.newPage(settings)
  await opened.setContent(`<!doctype html><style>${style}</style><main></main>`)
  await opened.addScriptTag({ content: script })
  return opened
}

beforeEach(async () => {
  page = await open()
  return () => page.close()
})

describe('frames', () => {
  test('tokens are shown together, once a frame', async () => {
    const stats = await page.evaluate(async () => {
      const view = window.sluice.createMarkdownView(document.querySelector('main')!)
      for (let count = 0; count < 500; count++) view.append('word ')
      await view.complete()
      return view.stats
    })
    expect(stats).toMatchObject({ chunks: 500, chunksRendered: 500, blocks: 1, nodes: 2 })
    expect(stats.frames).toBeLessThan(10)
  })

  test('a long text is shown over several frames, and typing stays smooth', async () => {
    const { stats, longest } = await page.evaluate(async () => {
      let longest = 0
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) longest = Math.max(longest, duration)
      }).observe({ type: 'longtask' })
      const view = window.sluice.createMarkdownView(document.querySelector('main')!, { skipOffscreen: true })
      const text =
        '## Head\n\nSome **bold** text and `code`.\n\n- one\n- two\n\n```js\ncall()\n```\n\n'.repeat(1300)
      for (let at = 0; at < text.length; at += 200) {
        view.append(text.slice(at, at + 200))
        if (at % 10_000 === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      }
      await view.complete()
      await new Promise((resolve) => setTimeout(resolve, 100))
      return { stats: view.stats, longest }
    })
    expect(stats.frames).toBeGreaterThan(5)
    expect(stats.chunksRendered).toBe(stats.chunks)
    // What a machine that runs other things can promise: no task anywhere near a second.
    expect(longest).toBeLessThan(500)
  })

  test('a hidden page goes on by timer', async () => {
    const text = await page.evaluate(async () => {
      Object.defineProperty(document, 'hidden', { value: true })
      window.requestAnimationFrame = () => 1
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      view.append('hidden *text*')
      await view.complete()
      return main.innerHTML
    })
    expect(text).toBe('<p dir="ltr">hidden <em>text</em></p>')
  })

  test('a frame that was asked for before the page was hidden is not waited for', async () => {
    const text = await page.evaluate(async () => {
      window.requestAnimationFrame = () => 1
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      view.append('text')
      const done = view.complete()
      Object.defineProperty(document, 'hidden', { value: true })
      document.dispatchEvent(new Event('visibilitychange'))
      await done
      return main.textContent
    })
    expect(text).toBe('text')
  })
})

describe('while incomplete', () => {
  /** What is shown of a text that has not ended. */
  const shown = (text: string): Promise<string> =>
    page.evaluate(async (text) => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      view.append(text)
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(0))))
      return main.innerHTML.replace(/ dir="[a-z]+"/g, '')
    }, text)

  test.each([
    ['an open fence is a code block', '```js\nlet x', '<pre><code class="language-js">let x</code></pre>'],
    ['open emphasis is emphasis', 'so **very bo', '<p>so <strong>very bo</strong></p>'],
    ['open code is code', 'the `na', '<p>the <code>na</code></p>'],
    ['open strikethrough', 'a ~~b', '<p>a <del>b</del></p>'],
    ['a link without its target', 'see [the docs', '<p>see <a>the docs</a></p>'],
    ['a link with half a target', 'see [the docs](https://a.ex', '<p>see <a>the docs</a></p>'],
    ['a marker is held back', 'text\n\n-', '<p>text</p>'],
    ['a number is held back', 'text\n\n1.', '<p>text</p>'],
    ['an underline is held back', 'Title\n==', '<p>Title</p>'],
    ['a hash is held back', 'text\n\n##', '<p>text</p>'],
    ['a heading while it grows', '## He', '<h2>He</h2>'],
    ['a closing fence is held back', '```\ncode\n``', '<pre><code>code\n</code></pre>'],
    [
      'a table before its delimiter row',
      '| a | b',
      '<table><thead><tr><th>a</th><th>b</th></tr></thead></table>',
    ],
    [
      'a table with half a delimiter row',
      '| a | b |\n|--',
      '<table><thead><tr><th>a</th><th>b</th></tr></thead></table>',
    ],
    ['a task while it grows', '- [x', ''],
    ['a definition is not shown', '[a]: https://a.exa', '<p></p>'],
    ['half a character reference', 'a&am', '<p>a</p>'],
  ])('%s', async (_, text, html) => {
    expect(await shown(text)).toBe(html)
  })
})

describe('nodes stay', () => {
  test('a selection in a closed block and in the settled part of an open one survives', async () => {
    const selections = await page.evaluate(async () => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve))
      const found: string[] = []
      view.append('First *paragraph* here.\n\n- item one\n- item two\n\nOpen **paragraph** that')
      await frame()
      await frame()
      const selection = getSelection()!
      for (const element of [
        main.querySelector('em')!,
        main.querySelector('li')!,
        main.querySelector('strong')!,
      ]) {
        selection.selectAllChildren(element)
        for (const piece of [
          ' grows',
          ' and *gr',
          'ows*.\n',
          'More `co',
          'de` [l](/x)\n\n',
          '# Head\n',
          '- a\n\n- b\n',
          '1.',
          ' x',
        ]) {
          view.append(piece)
          await frame()
          await frame()
        }
        found.push(String(selection))
      }
      return found
    })
    expect(selections).toEqual(['paragraph', 'item one', 'paragraph'])
  })

  test('closed blocks are not touched again', async () => {
    const touched = await page.evaluate(async () => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve))
      view.append('# Head\n\nText *here*.\n\n| a |\n|-|\n| b |\n\n```js\nx\n```\n\n- one\n- two\n\nlast')
      await frame()
      await frame()
      let touched = 0
      const observer = new MutationObserver((records) => {
        touched += records.length
      })
      for (const block of [...main.children].slice(0, -1)) {
        observer.observe(block, { subtree: true, childList: true, characterData: true, attributes: true })
      }
      for (const char of ' paragraph\n\n> quote\n\n1. x\n2. y\n\n```\ncode\n```\n\n| x |\n|-|\n| y |\n\nend') {
        view.append(char)
        await frame()
      }
      await view.complete()
      return touched + observer.takeRecords().length
    })
    expect(touched).toBe(0)
  })

  test('a late definition makes links of what asked for it', async () => {
    const html = await page.evaluate(async () => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      view.append('See [docs] and [x][docs].\n\n- [docs]\n\ntext\n\n')
      await new Promise((resolve) => setTimeout(resolve, 50))
      view.append('[docs]: https://a.example/\n\nend')
      await view.complete()
      return [...main.querySelectorAll('a')].map((link) => link.href).join()
    })
    expect(html).toBe('https://a.example/,https://a.example/,https://a.example/')
  })
})

test('rare character references are loaded when they are met', async () => {
  const html = await page.evaluate(async () => {
    const main = document.querySelector('main')!
    const view = window.sluice.createMarkdownView(main)
    view.append(
      '&copy; &amp; *&dagger;* &unknown;\n\n| &Dagger; |\n|-|\n\n```&alpha;\n&beta;\n```\n\n[a](/&gamma;)',
    )
    await view.complete()
    return `${main.textContent} ${main.querySelector('code')!.className} ${main.querySelector('a')!.getAttribute('href')}`
  })
  expect(html).toBe('© & † &unknown;‡&beta;\na language-α /%CE%B3')
})

describe('readers', () => {
  test('the text is no live region; a status beside it is', async () => {
    const tree = await page.evaluate(async () => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main, { headingOffset: 2 })
      const status = document.querySelector('[role=status]')!
      const texts = [status.textContent]
      view.append('# Head\n\n- [x] done')
      texts.push(status.textContent)
      await view.complete()
      texts.push(status.textContent)
      const inside = main.contains(status) || main.closest('[aria-live],[role=status]') !== null
      view.destroy()
      return { texts, inside, headings: main.querySelectorAll('h3').length, left: status.isConnected }
    })
    expect(tree).toEqual({
      texts: ['', 'The answer is being written.', 'The answer is complete.'],
      inside: false,
      headings: 1,
      left: false,
    })
  })

  test('the accessibility tree has the roles', async () => {
    await page.evaluate(async () => {
      const view = window.sluice.createMarkdownView(document.querySelector('main')!)
      view.append('# Head\n\n- a\n\n| x |\n|-|\n| y |\n\n[l](https://a.example)\n')
      await view.complete()
    })
    const tree = await page.locator('main').ariaSnapshot()
    for (const role of [
      'heading "Head" [level=1]',
      'listitem',
      'table',
      'columnheader "x"',
      'cell "y"',
      'link "l"',
    ]) {
      expect(tree).toContain(role)
    }
  })

  test('each block has its own direction', async () => {
    const directions = await page.evaluate(async () => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      view.append('English\n\nעברית\n\n- مرحبا\n\n```\nשלום\n```\n')
      await view.complete()
      return [...main.querySelectorAll('p, li, pre')].map((element) => getComputedStyle(element).direction)
    })
    expect(directions).toEqual(['ltr', 'rtl', 'rtl', 'ltr'])
  })

  test('the typewriter keeps its pace, and is off under reduced motion', async () => {
    const type = (opened: Page): Promise<number> =>
      opened.evaluate(async () => {
        const main = document.querySelector('main')!
        const view = window.sluice.createMarkdownView(main, { typewriter: 100 })
        view.append('x'.repeat(150))
        await new Promise((resolve) => setTimeout(resolve, 500))
        return main.textContent!.length
      })
    const typed = await type(page)
    expect(typed).toBeGreaterThan(20)
    expect(typed).toBeLessThan(100)
    const calm = await open({ reducedMotion: 'reduce' })
    expect(await type(calm)).toBe(150)
    await calm.close()
  })
})

describe('parts', () => {
  test('plain text is shown as it is', async () => {
    const html = await page.evaluate(async () => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main, { mode: 'text' })
      view.append('# no *heading*\n<b>')
      await view.complete()
      return main.innerHTML
    })
    expect(html).toBe('# no *heading*\n&lt;b&gt;')
  })

  test('code is coloured when it is closed and near, and can be copied', async () => {
    const found = await page.evaluate(async () => {
      const calls: string[] = []
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main, {
        highlight: (code, language) => {
          calls.push(`${language}:${code}`)
          return [{ className: 'token', children: [code] }]
        },
        copyButton: { label: 'Copy', copiedLabel: 'Copied' },
      })
      view.append('```js\nnear\n')
      await new Promise((resolve) => setTimeout(resolve, 60))
      const early = calls.length
      view.append(`\`\`\`\n\n${'text\n\n'.repeat(200)}\`\`\`js\nfar\n\`\`\`\n`)
      await view.complete()
      await new Promise((resolve) => setTimeout(resolve, 100))
      return {
        early,
        calls,
        code: main.querySelector('code')!.innerHTML,
        buttons: main.querySelectorAll('button').length,
      }
    })
    expect(found).toEqual({
      early: 0,
      calls: ['js:near\n'],
      code: '<span class="token">near\n</span>',
      buttons: 2,
    })
  })

  test('the end is followed only while the reader is there', async () => {
    const tops = await page.evaluate(async () => {
      const scroller = document.createElement('div')
      scroller.style.cssText = 'height:100px;overflow:auto'
      scroller.append(document.createElement('div'))
      document.body.append(scroller)
      const view = window.sluice.createMarkdownView(scroller.firstElementChild as HTMLElement)
      const stop = window.sluice.followEnd(scroller)
      const grow = async (): Promise<void> => {
        view.append('paragraph\n\n'.repeat(20))
        await new Promise((resolve) => setTimeout(resolve, 80))
      }
      const atEnd = (): boolean => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 2
      const found: (boolean | number)[] = []
      await grow()
      found.push(atEnd())
      scroller.scrollTop = 50
      await grow()
      found.push(scroller.scrollTop)
      scroller.scrollTop = scroller.scrollHeight
      await grow()
      found.push(atEnd())
      stop()
      return found
    })
    expect(tops).toEqual([true, 50, true])
  })

  test('reset begins anew, and destroy ends it', async () => {
    const found = await page.evaluate(async () => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      view.append('old\n\n[a]: /x\n\n')
      await view.complete()
      view.reset('*new* [a]')
      await view.complete()
      const html = main.innerHTML
      view.destroy()
      view.destroy()
      let error = ''
      try {
        view.append('x')
      } catch (caught) {
        error = (caught as Error).message
      }
      return { html, error }
    })
    expect(found).toEqual({
      html: '<p dir="ltr"><em>new</em> [a]</p>',
      error: 'The Markdown view is destroyed.',
    })
  })
})
