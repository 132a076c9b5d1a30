import { describe, expect, test } from 'vitest'
import { Tab } from './support/browser.ts'

const tab = new Tab()

describe('readers', () => {
  test('the text is no live region; a status beside it is', async () => {
    const tree = await tab.page.evaluate(async () => {
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
    await tab.page.evaluate(async () => {
      const view = window.sluice.createMarkdownView(document.querySelector('main')!)
      view.append('# Head\n\n- a\n\n| x |\n|-|\n| y |\n\n[l](https://a.example)\n')
      await view.complete()
    })
    const tree = await tab.page.locator('main').ariaSnapshot()
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

  test('keys reach what scrolls sideways, as soon as it does, and nothing else', async () => {
    const { page } = tab
    await page.evaluate(async () => {
      const main = document.querySelector('main')!
      const table = (columns: number): string => `|${' cell |'.repeat(columns)}\n|${'-|'.repeat(columns)}\n`
      const code = (text: string): string => `\`\`\`\n${text}\n\`\`\`\n\n`
      const text = `${table(1)}\n- ${table(90).replace('\n', '\n  ')}\n${code('word '.repeat(12))}`
      window.sluice
        .createMarkdownView(main, { skipOffscreen: true })
        .append(`${text}${code('wide '.repeat(90))}end`)
      await window.until(() => main.querySelector('pre[tabindex]') !== null)
    })
    const stops = (): Promise<string[]> =>
      page.evaluate(() =>
        [...document.querySelectorAll('[tabindex="0"]')].map(
          (stop) => stop.querySelector('table')?.localName ?? stop.localName,
        ),
      )
    expect(await stops()).toEqual(['table', 'pre'])
    await page.setViewportSize({ width: 320, height: 700 })
    await page.waitForFunction(() => document.querySelectorAll('[tabindex="0"]').length > 2)
    expect(await stops()).toEqual(['table', 'pre', 'pre'])
  })

  test('code below a button has a place of its own: the button does not scroll with it', async () => {
    const stops = await tab.page.evaluate(async () => {
      const main = document.querySelector('main')!
      const copyButton = { label: 'Copy', copiedLabel: 'Copied' }
      const view = window.sluice.createMarkdownView(main, { copyButton })
      view.append(`\`\`\`\n${'wide '.repeat(90)}\n\`\`\`\n`)
      await view.complete()
      await window.until(() => main.querySelectorAll('[tabindex], button').length === 2)
      return [...main.querySelectorAll('[tabindex], button')].map(({ localName }) => localName)
    })
    expect(stops).toEqual(['button', 'pre'])
  })

  test('each block has its own direction', async () => {
    const directions = await tab.page.evaluate(async () => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      view.append('English\n\nעברית\n\n- مرحبا\n\n```\nשלום\n```\n')
      await view.complete()
      return [...main.querySelectorAll('p, li, pre')].map((element) => getComputedStyle(element).direction)
    })
    expect(directions).toEqual(['ltr', 'rtl', 'rtl', 'ltr'])
  })

  test('colours have the contrast of WCAG AA, light and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await tab.open({ colorScheme })
      const contrasts = await page.evaluate(async () => {
        const main = document.querySelector('main')!
        const view = window.sluice.createMarkdownView(main, {
          copyButton: { label: 'Copy', copiedLabel: 'Copied' },
          footnotes: true,
          highlight: (code) => {
            const kinds = ['comment', 'keyword', 'string', 'number', 'title', '']
            return code
              .split(/(?<=\n)/)
              .map((line, index) => ({ className: `hljs-${kinds[index]}`, children: [line] }))
          },
        })
        view.append(
          '# H\n\ntext `code` [link](https://a.example)[^1]\n\n> quote\n\n```\n1\n2\n3\n4\n5\n6\n```\n\n',
        )
        view.append('| a |\n|-|\n| b |\n\n- [x] c\n\n[^1]: note\n')
        await view.complete()
        await window.until(
          () => main.querySelector('.hljs-title') !== null && main.querySelector('[data-copy]') !== null,
        )
        const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!
        // What a colour is on another, as the browser paints it.
        const paint = (colours: readonly string[]): number[] => {
          for (const colour of colours) {
            canvas.fillStyle = colour
            canvas.fillRect(0, 0, 1, 1)
          }
          return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)]
        }
        const luminance = (rgb: readonly number[]): number => {
          const [r = 0, g = 0, b = 0] = rgb.map((channel) => {
            const part = channel / 255
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
          })
          return 0.2126 * r + 0.7152 * g + 0.0722 * b
        }
        const page = matchMedia('(prefers-color-scheme: dark)').matches ? '#121212' : '#ffffff'
        const found: Record<string, number> = {}
        for (const name of [
          'h1',
          'p',
          'p code',
          'p > a',
          'blockquote p',
          'pre code',
          'td',
          'th',
          'sup a',
          'section li',
          '[data-copy]',
          '.hljs-comment',
          '.hljs-keyword',
          '.hljs-string',
          '.hljs-number',
          '.hljs-title',
        ]) {
          const element = main.querySelector(name)!
          const behind: string[] = []
          for (let at: Element | null = element; at !== null; at = at.parentElement)
            behind.unshift(getComputedStyle(at).backgroundColor)
          const back = luminance(paint([page, ...behind]))
          const front = luminance(paint([page, ...behind, getComputedStyle(element).color]))
          found[name] = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05)
        }
        return found
      })
      for (const [name, contrast] of Object.entries(contrasts))
        expect(contrast, `${name}, ${colorScheme}`).toBeGreaterThanOrEqual(4.5)
      await page.close()
    }
  })

  test('with forced colours, code has an edge, and colours are the system’s', async () => {
    const page = await tab.open({ forcedColors: 'active' })
    const found = await page.evaluate(async () => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      view.append('`a` [l](https://a.example)\n\n```\nb\n```\n')
      await view.complete()
      const system = (colour: string): string => {
        const probe = document.body.appendChild(document.createElement('i'))
        probe.style.color = colour
        return getComputedStyle(probe).color
      }
      const styleOf = (name: string): CSSStyleDeclaration => getComputedStyle(main.querySelector(name)!)
      return {
        edges: [styleOf('p code').borderTopStyle, styleOf('pre').borderTopStyle],
        text: styleOf('p').color === system('CanvasText'),
        link: styleOf('a').color === system('LinkText'),
      }
    })
    expect(found).toEqual({ edges: ['solid', 'solid'], text: true, link: true })
    await page.close()
  })

  test('nothing moves or fades by itself', async () => {
    const moving = await tab.page.evaluate(async () => {
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main)
      view.append('# a\n\n- b\n\n```\nc\n```\n')
      await view.complete()
      const hasMotion = (element: Element): boolean => {
        const { animationName, transitionDuration, scrollBehavior } = getComputedStyle(element)
        return animationName !== 'none' || transitionDuration !== '0s' || scrollBehavior !== 'auto'
      }
      return [main, ...main.querySelectorAll('*')].filter(hasMotion).length
    })
    expect(moving).toBe(0)
  })
})
