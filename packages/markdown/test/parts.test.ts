import { describe, expect, test } from 'vitest'
import { Tab } from './support/browser.ts'

const tab = new Tab()

describe('parts', () => {
  test('plain text is shown as it is', async () => {
    const seen = await tab.page.evaluate(async () => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main, { mode: 'text' })
      view.append('# no *heading*\n<b>')
      await view.complete()
      return { html: main.innerHTML, lineEnds: getComputedStyle(main).whiteSpaceCollapse }
    })
    expect(seen).toEqual({ html: '# no *heading*\n&lt;b&gt;', lineEnds: 'preserve' })
  })

  test('code is coloured when it is closed and near, and not before', async () => {
    const found = await tab.page.evaluate(async () => {
      const calls: string[] = []
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main, {
        highlight: (code, language) => {
          calls.push(`${language}:${code}`)
          return [{ className: 'token', children: [code] }]
        },
      })
      view.append('```js\nnear\n')
      await window.shown()
      const early = calls.length
      view.append(`\`\`\`\n\n${'text\n\n'.repeat(200)}\`\`\`js\nfar\n\`\`\`\n`)
      await view.complete()
      await window.until(() => main.querySelector('.token') !== null)
      await window.shown()
      const first = [...calls]
      main.lastElementChild!.scrollIntoView()
      await window.until(() => calls.length === 2)
      return { early, first, calls, code: main.querySelector('code')!.innerHTML }
    })
    expect(found).toEqual({
      early: 0,
      first: ['js:near\n'],
      calls: ['js:near\n', 'js:far\n'],
      code: '<span class="token">near\n</span>',
    })
  })

  test('a highlighter that fails leaves the code as it is, and the page hears of it', async () => {
    const found = await tab.page.evaluate(async () => {
      const errors: string[] = []
      window.addEventListener('error', (event) => {
        errors.push(event.error.message)
        event.preventDefault()
      })
      const main = document.querySelector('main')!
      const highlight = async (code: string): Promise<string[]> => {
        if (code === 'bad\n') throw new Error('no grammar')
        return [code]
      }
      const view = window.sluice.createMarkdownView(main, { highlight })
      view.append('```\nbad\n```\n')
      await view.complete()
      await window.until(() => errors.length > 0)
      return { errors, text: main.textContent }
    })
    expect(found).toEqual({ errors: ['no grammar'], text: 'bad\n' })
  })

  test('a button copies the code, and says so', async () => {
    await tab.page.evaluate(async () => {
      const copied: string[] = []
      const clipboard = { writeText: async (text: string) => void copied.push(text) }
      Object.defineProperty(navigator, 'clipboard', { value: clipboard })
      Object.assign(window, { copied })
      const view = window.sluice.createMarkdownView(document.querySelector('main')!, {
        copyButton: { label: 'Copy', copiedLabel: 'Copied' },
      })
      // A language that is known late, when the table of references has come.
      view.append('```&Dagger;\na < b\n```\n')
      await view.complete()
    })
    await tab.page.clock.install({ time: 0 })
    await tab.page.clock.pauseAt(60_000)
    await tab.page.getByRole('button', { name: 'Copy' }).click()
    await tab.page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await tab.page.evaluate('copied')).toEqual(['a < b\n'])
    await tab.page.clock.runFor(2000)
    await tab.page.getByRole('button', { name: 'Copy', exact: true }).waitFor()
  })

  test('the end is followed only while the reader is there', async () => {
    const tops = await tab.page.evaluate(async () => {
      const scroller = document.createElement('div')
      scroller.style.cssText = 'height:100px;overflow:auto'
      scroller.append(document.createElement('div'))
      document.body.append(scroller)
      const view = window.sluice.createMarkdownView(scroller.firstElementChild as HTMLElement)
      const stop = window.sluice.followEnd(scroller)
      const grow = async (): Promise<void> => {
        const { scrollHeight } = scroller
        view.append('paragraph\n\n'.repeat(20))
        await window.until(() => scroller.scrollHeight > scrollHeight + 100)
        await window.shown()
      }
      const atEnd = (): boolean => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 2
      const found: (boolean | number)[] = []
      await grow()
      found.push(atEnd())
      scroller.scrollTop = 50
      await grow()
      found.push(scroller.scrollTop)
      scroller.scrollTop = scroller.scrollHeight
      await window.shown()
      await grow()
      found.push(atEnd())
      stop()
      await grow()
      found.push(atEnd())
      return found
    })
    expect(tops).toEqual([true, 50, true, false])
  })

  test('what is out of sight keeps its size: the scroll bar and the reader stay where they are', async () => {
    const found = await tab.page.evaluate(async () => {
      const scroller = document.createElement('div')
      scroller.style.cssText = 'height:300px;width:500px;overflow:auto'
      const main = scroller.appendChild(document.createElement('div'))
      document.body.append(scroller)
      const view = window.sluice.createMarkdownView(main, { skipOffscreen: true })
      const section =
        '## Head\n\nSome **text** that goes on for a while, so that it needs more than one line to be shown.\n\n' +
        '- one\n- two\n\n1. loose\n\n2. list\n\n> quote\n>\n> more\n\n```js\ncall()\nagain()\n```\n\n| a |\n|-|\n| b |\n\n---\n\n'
      view.append(section.repeat(3))
      await window.shown()
      const place = main.children[9]!
      scroller.scrollTop = (place as HTMLElement).offsetTop - main.offsetTop
      await window.shown()
      const before = place.getBoundingClientRect().top
      const moves = new Set<number>()
      for (let count = 0; count < 12; count++) {
        view.append(section)
        await window.shown()
        moves.add(place.getBoundingClientRect().top - before)
      }
      await view.complete()
      await window.shown()
      const skipped = [...main.children].filter(
        (element) =>
          !element.checkVisibility({ contentVisibilityAuto: true }) ||
          !(element.firstElementChild ?? element).checkVisibility({ contentVisibilityAuto: true }),
      ).length
      const heights = new Set<number>()
      for (let top = 0; top < scroller.scrollHeight; top += 250) {
        scroller.scrollTop = top
        await window.shown()
        heights.add(scroller.scrollHeight)
      }
      return { moves: [...moves], skipped: skipped > 20, heights: heights.size }
    })
    expect(found).toEqual({ moves: [0], skipped: true, heights: 1 })
  })

  test('reset begins anew, and destroy ends it', async () => {
    const found = await tab.page.evaluate(async () => {
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

  test('what is shown stays until the text that takes its place is', async () => {
    const found = await tab.page.evaluate(async () => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      view.append('so far')
      await view.complete()
      const seen = new Set<string>()
      const observer = new MutationObserver(() => seen.add(main.textContent!))
      observer.observe(main, { childList: true, characterData: true, subtree: true })
      view.reset('so far, so good')
      const atOnce = main.textContent
      await view.complete()
      await window.shown()
      view.reset()
      return { atOnce, seen: [...seen], cleared: main.textContent }
    })
    expect(found).toEqual({ atOnce: 'so far', seen: ['so far, so good'], cleared: '' })
  })
})
