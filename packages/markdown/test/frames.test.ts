import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { Tab } from './support/browser.ts'

const tab = new Tab()

describe('frames', () => {
  test('tokens are shown together, once a frame', async () => {
    const stats = await tab.page.evaluate(async () => {
      const view = window.sluice.createMarkdownView(document.querySelector('main')!)
      for (let count = 0; count < 200; count++) view.append('word ')
      await view.complete()
      return view.stats
    })
    expect(stats).toMatchObject({ chunks: 200, chunksRendered: 200, blocks: 1, nodes: 2 })
    expect(stats.frames).toBeLessThan(10)
  })

  test('a long text is shown over several frames', async () => {
    const stats = await tab.page.evaluate(async () => {
      const view = window.sluice.createMarkdownView(document.querySelector('main')!)
      const text = '## Head\n\nSome **bold** text.\n\n- one\n- two\n\n```js\ncall()\n```\n\n'.repeat(1500)
      for (let at = 0; at < text.length; at += 200) view.append(text.slice(at, at + 200))
      await view.complete()
      return view.stats
    })
    expect(stats.frames).toBeGreaterThan(3)
    expect(stats.chunksRendered).toBe(stats.chunks)
  })

  test('highlighting has its share of the budget: what takes long is done one a frame', async () => {
    const perFrame = await tab.page.evaluate(async () => {
      const frames: number[] = []
      const view = window.sluice.createMarkdownView(document.querySelector('main')!, {
        highlight: (code) => {
          // One frame's callbacks see one time.
          frames.push(Number(document.timeline.currentTime))
          const start = performance.now()
          while (performance.now() - start < 10);
          return [code]
        },
      })
      view.append('```js\nx\n```\n\n'.repeat(6))
      await view.complete()
      await window.until(() => frames.length === 6)
      return new Set(frames).size
    })
    expect(perFrame).toBe(6)
  })

  test('a hidden page goes on by timer', async () => {
    const text = await tab.page.evaluate(async () => {
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
    const text = await tab.page.evaluate(async () => {
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

  test('the typewriter keeps its pace, and is off under reduced motion', async () => {
    const type = async (page: Page): Promise<number> => {
      await page.clock.install({ time: 0 })
      await page.clock.pauseAt(60_000)
      await page.evaluate(() => {
        const view = window.sluice.createMarkdownView(document.querySelector('main')!, { typewriter: 100 })
        view.append('x'.repeat(150))
      })
      await page.clock.runFor(1000)
      return page.evaluate(() => document.querySelector('main')!.textContent!.length)
    }
    const typed = await type(tab.page)
    expect(typed).toBeGreaterThan(90)
    expect(typed).toBeLessThanOrEqual(100)
    const calm = await tab.open({ reducedMotion: 'reduce' })
    expect(await type(calm)).toBe(150)
    await calm.close()
  })
})

describe('many views on a page', () => {
  test('share the budget of one frame, and those in sight come first', async () => {
    const found = await tab.page.evaluate(async () => {
      const main = document.querySelector('main')!
      const { createMarkdownView } = window.sluice
      // A clock that counts how often it is read: the work of a frame, whatever else the machine does.
      let reads = 0
      performance.now = () => ++reads
      const elements = Array.from({ length: 16 }, () => {
        const element = main.appendChild(document.createElement('div'))
        element.style.minHeight = '400px'
        return element
      })
      await window.shown()
      const views = elements.map((element) => createMarkdownView(element, { maxFps: 1e6 }))
      await window.shown()
      const order: number[] = []
      const perFrame = new Map<number, Set<number>>()
      const observer = new MutationObserver((records) => {
        for (const { target } of records) {
          const index = elements.indexOf(target as HTMLDivElement)
          if (!order.includes(index)) order.push(index)
          const frame = Number(document.timeline.currentTime)
          perFrame.set(frame, (perFrame.get(frame) ?? new Set()).add(index))
        }
      })
      for (const element of elements) observer.observe(element, { childList: true })
      const text = '## Head\n\nSome **bold** text.\n\n- one\n- two\n\n'.repeat(60)
      for (const view of [...views].reverse()) view.append(text)
      await Promise.all(views.map((view) => view.complete()))
      return { order, most: Math.max(...[...perFrame.values()].map((views) => views.size)) }
    })
    expect(found.order.slice(0, 3).toSorted()).toEqual([0, 1, 2])
    expect(found.order).toHaveLength(16)
    expect(found.most).toBeLessThanOrEqual(8)
  })
})

test('a mistake in the view leaves the text readable, and `complete` resolves', async () => {
  const found = await tab.page.evaluate(async () => {
    const main = document.querySelector('main')!
    const errors: string[] = []
    const { createElement } = Document.prototype
    document.createElement = ((name: string) => {
      if (name === 'blockquote') throw new Error('no quotes here')
      return createElement.call(document, name)
    }) as typeof document.createElement
    const view = window.sluice.createMarkdownView(main, {
      onError: (error, { option }) => errors.push(`${option}: ${(error as Error).message}`),
    })
    view.append('before\n\n')
    await window.shown()
    view.append('> quoted\n\n')
    await window.shown()
    view.append('after')
    await view.complete()
    return { errors, text: main.textContent }
  })
  expect(found.errors).toEqual(['view: no quotes here'])
  expect(found.text).toMatch(/before[\s\S]*quoted[\s\S]*after/)
})
