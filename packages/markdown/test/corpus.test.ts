import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { launchChromium } from '@sluice/programs/chromium'
import { launchFirefox } from '@sluice/programs/firefox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MarkdownViewOptions } from '../src/index.ts'
import { bundle } from './support/bundle.ts'
import { leaks } from './support/leaks.ts'
import { payloads } from './support/payloads.ts'

/** Each option, set to the most that it can allow. The functions run in the page. */
const all: Readonly<Record<string, () => MarkdownViewOptions>> = {
  'by default': () => ({}),
  allowLink: () => ({ allowLink: () => true }),
  'allowLink by a word': () => ({ allowLink: (url) => !url.includes('evil') }),
  linkSchemes: () => ({ linkSchemes: ['https', 'irc'] }),
  linkTarget: () => ({ linkTarget: '_blank' }),
  'images by a list': () => ({ images: ['https://img.good.example'] }),
  'images by a prefix': () => ({
    images: (url) => (url.startsWith('https://img.good.example/') ? url : null),
  }),
  'images by the host': () => ({
    images: (url) => (new URL(url).origin === 'https://img.good.example' ? url : null),
    onError: () => {},
  }),
  'html: true': () => ({ html: true }),
  'html: false': () => ({ html: false }),
  'html: details': () => ({ html: ['details', 'summary', 'sub'] }),
  'gfm: false': () => ({ gfm: false }),
  singleTilde: () => ({ singleTilde: true }),
  footnotes: () => ({ footnotes: true }),
  think: () => ({ think: 'Thoughts' }),
  citation: () => ({ citation: (id) => ({ href: `javascript:alert(${JSON.stringify(id)})` }) }),
  'cjk: false': () => ({ cjk: false }),
  headingOffset: () => ({ headingOffset: 2 }),
  highlight: () => ({ highlight: (code) => [{ className: 'x', children: [code] }] }),
  copyButton: () => ({ copyButton: { label: 'Copy', copiedLabel: 'Copied' }, languageLabel: true }),
  lineNumbers: () => ({ lineNumbers: true }),
  wrapCode: () => ({ wrapCode: true }),
  tableTools: () => ({ tableTools: { copyCsv: 'CSV', copied: 'Copied' } }),
  confirmLink: () => ({ confirmLink: () => false }),
  caret: () => ({ caret: true }),
  'mode: text': () => ({ mode: 'text' }),
  'an option that throws': () => ({
    allowLink: () => {
      throw new Error('no')
    },
    onError: () => {},
  }),
}

const scriptOf = (options: () => MarkdownViewOptions): string => `(async () => {
  const found = []
  for (const name of ['alert', 'confirm', 'prompt', 'print', 'open'])
    Object.defineProperty(window, name, { value: () => found.push(name + ' in ' + current), configurable: true })
  let current = ''
  const main = document.querySelector('main')
  for (const text of ${JSON.stringify([...payloads, ...leaks])}) {
    current = text
    const view = sluice.createMarkdownView(main, { maxFps: 1000, status: false, ...(${options.toString()})() })
    view.append(text)
    await view.complete()
    for (const element of main.querySelectorAll('*')) {
      for (const { name, value } of element.attributes) {
        if (name === 'id' && /^footnote(?:-\\d+)+$/.test(value)) continue
        if (/^(?:on.*|id|name|style|srcdoc|srcset|poster|background|action|formaction|data)$/i.test(name))
          found.push(element.localName + ' ' + name + ' in ' + text)
      }
      if (/^(?:script|iframe|object|embed|svg|math|style|link|meta|base|form|video|audio|source|picture|template)$/.test(element.localName))
        found.push(element.localName + ' in ' + text)
    }
    for (const link of main.querySelectorAll('a[href]')) {
      if (!URL.canParse(link.href)) continue
      const url = new URL(link.href)
      if (!/^(?:https?|mailto|tel|irc):$/.test(url.protocol) || url.username + url.password !== '') found.push(link.href + ' in ' + text)
      link.addEventListener('click', (event) => event.preventDefault())
      link.click()
    }
    for (const image of main.querySelectorAll('img'))
      if (new URL(image.src).host !== 'img.good.example') found.push(image.src + ' in ' + text)
    view.destroy()
  }
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  return found
})()`

let server: Server
let origin: string
beforeAll(async () => {
  const script = await bundle()
  const html = `<!doctype html><meta charset=utf-8><title>t</title><link rel=icon href=data:,><main></main><script>${script}</script>`
  server = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(html))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

interface Tester {
  goto(url: string): Promise<unknown>
  evaluate<T>(script: string): Promise<T>
  takeRequests(): string[]
  close(): Promise<void>
}

async function chromium(): Promise<Tester> {
  const browser = await launchChromium()
  const page = await browser.newPage()
  const requests: string[] = []
  await page.route('**/*', (route) => {
    requests.push(route.request().url())
    return route.request().url().startsWith(origin) ? route.continue() : route.abort()
  })
  return {
    goto: (url) => page.goto(url),
    evaluate: (script) => page.evaluate(script),
    takeRequests: () => requests.splice(0),
    close: () => browser.close(),
  }
}

async function firefox(): Promise<Tester> {
  const { page, close } = await launchFirefox()
  return { ...page, close }
}

describe.each([
  ['Chromium', chromium],
  ['Firefox', firefox],
] as const)('in %s', (_, launch) => {
  let tester: Tester
  beforeAll(async () => {
    tester = await launch()
  }, 60_000)
  afterAll(() => tester.close())

  test.each(Object.entries(all))(
    'nothing runs, leaks or misleads, %s',
    { timeout: 60_000 },
    async (_, options) => {
      await tester.goto(origin)
      tester.takeRequests()
      expect(await tester.evaluate(scriptOf(options))).toEqual([])
      const foreign = tester
        .takeRequests()
        .filter((url) => !/^(?:https:\/\/img\.good\.example\/|data:)/.test(url))
      expect(foreign).toEqual([])
    },
  )
})

test('there are at least 60 payloads', () => {
  expect(new Set([...payloads, ...leaks]).size).toBeGreaterThanOrEqual(100)
})
