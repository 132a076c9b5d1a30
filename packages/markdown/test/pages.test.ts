import { describe, expect, test } from 'vitest'
import { Tab } from './support/browser.ts'

const tab = new Tab()
const COLUMNS = ['Name', 'Price', 'Weight', 'Colour', 'Battery', 'Screen', 'Memory', 'Verdict']
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`
const table = `${row(COLUMNS)}${row(COLUMNS.map(() => '---'))}${row(COLUMNS.map((name) => `something about the ${name}`)).repeat(4)}`

/** Shows a text, whole. */
const show = (text: string, options: object = {}, page = tab.page): Promise<void> =>
  page.evaluate(
    async ({ text, options }) => {
      const view = window.sluice.createMarkdownView(document.querySelector('main')!, options)
      view.append(text)
      await view.complete()
      await window.shown()
    },
    { text, options },
  )

describe('colours', () => {
  test.each([
    ['dark', 'light', 'a dark app on a light device'],
    ['light', 'dark', 'a light app on a dark device'],
  ] as const)('are the page’s, %s on a device that is %s', async (scheme, colorScheme, _) => {
    const page = await tab.open({ colorScheme })
    await page.addStyleTag({ content: `html { color-scheme: ${scheme} !important }` })
    await show('text', {}, page)
    const [red = 0] = await page.evaluate(() =>
      getComputedStyle(document.querySelector('p')!).color.match(/\d+/g)!.map(Number),
    )
    expect(red > 128).toBe(scheme === 'dark')
    await page.close()
  })
})

describe('tables', () => {
  test('scroll sideways on a phone, with columns that hold words', async () => {
    await tab.page.setViewportSize({ width: 360, height: 700 })
    await show(`${table}\nend`)
    const found = await tab.page.evaluate(() => {
      const scroller = document.querySelector('[data-table]')!
      const widths = [...document.querySelectorAll('th')].map((cell) => cell.getBoundingClientRect().width)
      return {
        scrolls: scroller.scrollWidth > scroller.clientWidth + 300,
        narrowest: Math.min(...widths),
        pageScrolls: document.documentElement.scrollWidth > innerWidth,
      }
    })
    expect(found.scrolls).toBe(true)
    expect(found.narrowest).toBeGreaterThan(100)
    expect(found.pageScrolls).toBe(false)
  })

  test('their columns do not move while rows come', async () => {
    const places = await tab.page.evaluate(
      async (text) => {
        const main = document.querySelector('main')!
        const view = window.sluice.createMarkdownView(main)
        const places = new Set<string>()
        for (let at = 0; at < text.length; at += 7) {
          view.append(text.slice(at, at + 7))
          await window.shown()
          const cells = [...main.querySelectorAll('th')]
          if (main.querySelector('td') !== null)
            places.add(cells.map((cell) => Math.round(cell.getBoundingClientRect().left)).join())
        }
        return [...places]
      },
      table.slice(0, 500),
    )
    expect(places).toHaveLength(1)
  })

  test('a header row is a table from its first cell on, also below a line of text', async () => {
    const pipes = await tab.page.evaluate(async (text) => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      const seen: string[] = []
      for (const char of text) {
        view.append(char)
        await window.shown()
        if (main.textContent!.includes('|')) seen.push(main.textContent!)
      }
      return seen
    }, 'Here it is:\n| Name of it | Price |\n|---|:-:|\n| a | b |\n')
    expect(pipes).toEqual([])
  })

  test('are copied as Markdown and CSV, and downloaded', async () => {
    await tab.page.evaluate(() => {
      const copied: string[] = []
      Object.defineProperty(navigator, 'clipboard', {
        value: { writeText: async (text: string) => copied.push(text) },
      })
      Object.assign(window, { copied })
    })
    const tableTools = { copyMarkdown: 'Markdown', copyCsv: 'CSV', downloadCsv: 'Download', copied: 'Copied' }
    await show('| a | b |\n|:-|-:|\n| x\\|y | "q", z |\n| =1+1 | -5 |\n', { tableTools })
    await tab.page.getByRole('button', { name: 'Markdown' }).click()
    await tab.page.getByRole('button', { name: 'CSV', exact: true }).click()
    await expect
      .poll(() => tab.page.evaluate('copied'))
      .toEqual([
        '| a | b |\n| :--- | ---: |\n| x\\|y | "q", z |\n| =1+1 | -5 |\n',
        'a,b\r\nx|y,"""q"", z"\r\n\'=1+1,-5\r\n',
      ])
    const download = tab.page.waitForEvent('download')
    await tab.page.getByRole('button', { name: 'Download' }).click()
    expect((await download).suggestedFilename()).toBe('table.csv')
  })
})

describe('right to left', () => {
  test('lists, quotes and tables have the direction of their text', async () => {
    await show(
      '1. مرحبا بالعالم\n2. ثانيا\n\n- שלום\n\n> اقتباس\n\n| اسم | ثمن |\n|-|-|\n| ا | 1 |\n\n1. English',
    )
    const found = await tab.page.evaluate(() => {
      const direction = (name: string, index = 0): string =>
        getComputedStyle(document.querySelectorAll(name)[index]!).direction
      const quote = getComputedStyle(document.querySelector('blockquote')!)
      const box = document.querySelector('li')!.getBoundingClientRect()
      return {
        directions: [
          direction('ol'),
          direction('ul'),
          direction('blockquote'),
          direction('table'),
          direction('ol', 1),
        ],
        border: [quote.borderLeftWidth, quote.borderRightWidth],
        // The number stands in the list's padding, on the right.
        room: document.querySelector('ol')!.getBoundingClientRect().right - box.right,
      }
    })
    expect(found.directions).toEqual(['rtl', 'rtl', 'rtl', 'rtl', 'ltr'])
    expect(found.border[0]).toBe('0px')
    expect(found.border[1]).not.toBe('0px')
    expect(found.room).toBeGreaterThan(20)
  })

  test('an item of another direction has its number inside', async () => {
    await show('- English\n- עברית')
    const positions = await tab.page.evaluate(() =>
      [...document.querySelectorAll('li')].map((item) => getComputedStyle(item).listStylePosition),
    )
    expect(positions).toEqual(['outside', 'inside'])
  })
})

describe('code', () => {
  const code = `\`\`\`js\n${'wide words '.repeat(40)}\nsecond\n\`\`\`\n`
  const copyButton = { label: 'Copy', copiedLabel: 'Copied' }

  test('its button stays in place while it scrolls, covers nothing, and is not selected', async () => {
    await tab.page.setViewportSize({ width: 400, height: 700 })
    await show(code, { copyButton, languageLabel: true })
    const button = tab.page.getByRole('button', { name: 'Copy' })
    const before = await button.boundingBox()
    const found = await tab.page.evaluate(() => {
      const pre = document.querySelector('pre')!
      pre.scrollLeft = 200
      getSelection()!.selectAllChildren(document.querySelector('main')!)
      return { selected: String(getSelection()), top: pre.getBoundingClientRect().top, left: pre.scrollLeft }
    })
    expect(found.left).toBe(200)
    expect(await button.boundingBox()).toEqual(before)
    expect(before!.y + before!.height).toBeLessThanOrEqual(found.top)
    expect(found.selected).not.toMatch(/Copy|js/)
    expect(found.selected).toContain('wide words')
  })

  test('has line numbers that are not copied, or wraps, and names its language', async () => {
    await show(code, { lineNumbers: true, languageLabel: true, copyButton })
    const found = await tab.page.evaluate(() => ({
      numbers: document.querySelector('[data-lines]')!.textContent,
      code: document.querySelector('code')!.textContent!.split('\n').length,
      label: document.querySelector('[data-bar] span')!.textContent,
    }))
    expect(found).toEqual({ numbers: '1\n2\n', code: 3, label: 'js' })
    await show(code, { wrapCode: true })
    expect(
      await tab.page.evaluate(
        () => document.querySelector('pre')!.scrollWidth <= document.querySelector('pre')!.clientWidth,
      ),
    ).toBe(true)
  })

  test('on paper there is no button, code wraps, and nothing is cut off', async () => {
    await tab.page.setViewportSize({ width: 600, height: 700 })
    await show(`${code}\n${table}`, { copyButton, skipOffscreen: true })
    await tab.page.emulateMedia({ media: 'print' })
    const found = await tab.page.evaluate(() => {
      const fits = (name: string): boolean => {
        const element = document.querySelector(name)!
        return element.scrollWidth <= element.clientWidth
      }
      return {
        button: getComputedStyle(document.querySelector('[data-bar]')!).display,
        code: fits('pre'),
        table: fits('[data-table]'),
      }
    })
    expect(found).toEqual({ button: 'none', code: true, table: true })
  })
})

describe('a caret', () => {
  test('stands at the end while the text grows, and is off under reduced motion', async () => {
    const caretOf = async (text: string, reducedMotion: 'reduce' | 'no-preference'): Promise<number> => {
      const page = await tab.open({ reducedMotion })
      const carets = await page.evaluate(async (text) => {
        const main = document.querySelector('main')!
        const view = window.sluice.createMarkdownView(main, { caret: true })
        view.append(text)
        await window.shown()
        const count = (): number =>
          [...main.querySelectorAll('*')].filter(
            (element) => getComputedStyle(element, '::after').content === '""',
          ).length
        const growing = count()
        await view.complete()
        return growing * 10 + count()
      }, text)
      await page.close()
      return carets
    }
    for (const text of [
      'text',
      '# head',
      '- one\n- two',
      '- a\n\n- b',
      '1. a\n   - b',
      '> quote',
      '```\ncode\nmore',
    ])
      expect(await caretOf(text, 'no-preference'), text).toBe(10)
    expect(await caretOf('text', 'reduce')).toBe(0)
  }, 30_000)
})

test('a link to another origin waits for an answer; one within the page does not', async () => {
  await tab.page.route('https://page.example/**', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<main></main>' }),
  )
  const { page } = tab
  const asked = await page.evaluate(async () => {
    const asked: string[] = []
    const main = document.querySelector('main')!
    const view = window.sluice.createMarkdownView(main, {
      confirmLink: (url) => {
        asked.push(url)
        return false
      },
    })
    view.append('[there](https://other.example/x) [here](#y)')
    await view.complete()
    for (const link of main.querySelectorAll('a')) link.click()
    await window.until(() => asked.length > 0)
    return { asked, here: location.href }
  })
  expect(asked.asked).toEqual(['https://other.example/x'])
})

describe('what will most likely be text is text', () => {
  test.each([
    ['[0, 1) is an interval', 'a'],
    ['see [1] and on', 'a'],
    ['[x] not a link, but a long sentence. It goes on', 'a'],
  ])('%j never looks like a link on the way', async (text, name) => {
    const seen = await tab.page.evaluate(
      async ({ text, name }) => {
        const main = document.querySelector('main')!
        const view = window.sluice.createMarkdownView(main)
        const seen: string[] = []
        for (const char of text) {
          view.append(char)
          await window.shown()
          if (main.querySelector(name) !== null) seen.push(main.innerHTML)
          if (/^see \d|\d$/.test(main.textContent!) && main.textContent!.startsWith('see 1'))
            seen.push(main.innerHTML)
        }
        return seen
      },
      { text, name },
    )
    expect(seen).toEqual([])
  })

  test('behind a bracket that stays open, emphasis is emphasis', async () => {
    const stars = await tab.page.evaluate(async () => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      view.append(`An [open bracket ${'and **bold** words '.repeat(90)}`)
      await window.shown()
      const seen: string[] = []
      for (let count = 0; count < 40; count++) {
        for (const piece of ['and ', '**bold', '** words ']) {
          view.append(piece)
          await window.shown()
          if (main.textContent!.includes('*')) seen.push(main.textContent!.slice(-40))
        }
      }
      return seen
    })
    expect(stars).toEqual([])
  })
})
