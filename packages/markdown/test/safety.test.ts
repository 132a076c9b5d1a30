import { launchChromium } from '@sluice/programs/chromium'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type * as sluice from '../src/index.ts'
import { bundle } from './support/bundle.ts'
import { payloads } from './support/payloads.ts'

declare global {
  interface Window {
    sluice: typeof sluice
    ran: string[]
  }
}

const ORIGIN = 'https://page.example'
const CSP =
  "default-src 'none'; script-src 'nonce-test'; require-trusted-types-for 'script'; trusted-types 'none'"

let browser: Browser
let page: Page
let requests: string[] = []

beforeAll(async () => {
  browser = await launchChromium()
  page = await browser.newPage()
  const script = await bundle()
  const html = (csp: boolean): string =>
    `<!doctype html><title>t</title><main></main><script ${csp ? 'nonce=test' : ''}>${script}</script>`
  await page.route('**/*', (route) => {
    const url = route.request().url()
    if (url === `${ORIGIN}/strict`) {
      return route.fulfill({
        contentType: 'text/html',
        body: html(true),
        headers: { 'content-security-policy': CSP },
      })
    }
    if (url === `${ORIGIN}/`) return route.fulfill({ contentType: 'text/html', body: html(false) })
    requests.push(url)
    return route.abort()
  })
})
afterAll(() => browser.close())

async function render(markdown: string, options: { html?: boolean; footnotes?: boolean }): Promise<string> {
  return page.evaluate(
    async ({ markdown, options }) => {
      window.ran = []
      for (const name of ['alert', 'confirm', 'prompt', 'print'] as const) {
        Object.defineProperty(window, name, { value: () => window.ran.push(name), configurable: true })
      }
      const main = document.querySelector('main')!
      const view = window.sluice.createMarkdownView(main, options)
      for (const char of markdown) view.append(char)
      await view.complete()
      for (const element of main.querySelectorAll<HTMLElement>('a, img, summary, button, input')) {
        element.addEventListener('click', (event) => event.preventDefault())
        const { href = '' } = element as HTMLAnchorElement
        if (
          !/^https?:|^mailto:|^tel:|^$/.test(href) &&
          !/^#footnote(?:-\d+)+$/.test(element.getAttribute('href')!)
        )
          window.ran.push('href')
        for (const type of ['click', 'mouseover', 'focus', 'error', 'load'])
          element.dispatchEvent(new Event(type))
      }
      // What was set off runs in tasks of its own, before the browser shows the next but one frame.
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      for (const element of main.querySelectorAll('*')) {
        for (const { name, value } of element.attributes) {
          if (name === 'id' && /^footnote(?:-\d+)+$/.test(value)) continue
          if (/^(?:on|id$|name$|style$|srcdoc|action|formaction)/i.test(name))
            window.ran.push(`${element.localName} ${name}`)
        }
      }
      const forbidden =
        'script, iframe, object, embed, svg, math, style, link, meta, base, form, img, video, audio, template'
      for (const element of main.querySelectorAll(forbidden)) window.ran.push(element.localName)
      for (const name of ['body', 'forms', 'cookie', 'getElementById', 'currentScript']) {
        if ((document as unknown as Record<string, unknown>)[name] instanceof HTMLAnchorElement)
          window.ran.push(name)
      }
      view.destroy()
      return window.ran.join()
    },
    { markdown, options },
  )
}

describe.each([
  ['by default', '/', {}],
  ['with harmless HTML and footnotes', '/', { html: true, footnotes: true }],
  ['under a strict CSP with Trusted Types', '/strict', { html: true }],
])('%s', (_, path, options) => {
  beforeAll(async () => {
    await page.goto(ORIGIN + path)
    requests = []
  })

  test.each(payloads)('%j is harmless', async (payload) => {
    expect(await render(payload, options)).toBe('')
    expect(requests).toEqual([])
    expect(page.url()).toBe(ORIGIN + path)
  })
})

test('there are at least 83 payloads', () => {
  expect(new Set(payloads).size).toBeGreaterThanOrEqual(83)
})
