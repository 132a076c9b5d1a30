import { describe, expect, test } from 'vitest'
import { Tab } from './support/browser.ts'

const tab = new Tab()

describe('while incomplete', () => {
  /** What is shown of a text that has not ended. */
  const shown = (text: string): Promise<string> =>
    tab.page.evaluate(async (text) => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      view.append(text)
      await window.shown()
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
      '<div data-table=""><table><thead><tr><th>a</th><th>b</th></tr></thead></table></div>',
    ],
    [
      'a table with half a delimiter row',
      '| a | b |\n|--',
      '<div data-table=""><table><thead><tr><th>a</th><th>b</th></tr></thead></table></div>',
    ],
    [
      'a header without a pipe at its beginning',
      'Name | A | B',
      '<div data-table=""><table><thead><tr><th>Name</th><th>A</th><th>B</th></tr></thead></table></div>',
    ],
    [
      'a header of two columns, as soon as its delimiter row begins',
      'Fruit | Price\n-',
      '<div data-table=""><table><thead><tr><th>Fruit</th><th>Price</th></tr></thead></table></div>',
    ],
    ['text with one pipe', 'this | that', '<p>this | that</p>'],
    ['pipes in code', 'run `ls | wc | sort` now', '<p>run <code>ls | wc | sort</code> now</p>'],
    ['a task while it grows', '- [x', ''],
    ['a definition is not shown', '[a]: https://a.exa', '<p></p>'],
    ['half a character reference', 'a&am', '<p>a</p>'],
  ])('%s', async (_, text, html) => {
    expect(await shown(text)).toBe(html)
  })
})

describe('nodes stay', () => {
  test('a selection in a closed block and in the settled part of an open one survives', async () => {
    const selections = await tab.page.evaluate(async () => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      const found: string[] = []
      view.append('First *paragraph* here.\n\n- item one\n- item two\n\nOpen **paragraph** that')
      await window.shown()
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
          await window.shown()
        }
        found.push(String(selection))
      }
      return found
    })
    expect(selections).toEqual(['paragraph', 'item one', 'paragraph'])
  })

  test('closed blocks are not touched again', async () => {
    const touched = await tab.page.evaluate(async () => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      view.append('# Head\n\nText *here*.\n\n| a |\n|-|\n| b |\n\n```js\nx\n```\n\n- one\n- two\n\nlast')
      await window.shown()
      let touched = 0
      const observer = new MutationObserver((records) => {
        touched += records.length
      })
      for (const block of [...main.children].slice(0, -1)) {
        observer.observe(block, { subtree: true, childList: true, characterData: true, attributes: true })
      }
      for (const char of ' paragraph\n\n> quote\n\n1. x\n2. y\n\n```\ncode\n```\n\n| x |\n|-|\n| y |\n\nend') {
        view.append(char)
        await window.shown()
      }
      await view.complete()
      return touched + observer.takeRecords().length
    })
    expect(touched).toBe(0)
  })

  test('a late definition makes links of what asked for it', async () => {
    const html = await tab.page.evaluate(async () => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      view.append('See [docs] and [x][docs].\n\n- [docs]\n\ntext\n\n')
      await window.shown()
      view.append('[docs]: https://a.example/\n\nend')
      await view.complete()
      return [...main.querySelectorAll('a')].map((link) => link.href).join()
    })
    expect(html).toBe('https://a.example/,https://a.example/,https://a.example/')
  })
})

test('rare character references are loaded when they are met', async () => {
  const html = await tab.page.evaluate(async () => {
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
