import { JSDOM } from 'jsdom'
import { createContext, createElement, type ReactElement, StrictMode, useContext, useState } from 'react'
import { afterEach, expect, test, vi } from 'vitest'
import type { CodeBlockProps, LinkProps, StreamingMarkdownProps } from '../src/react/index.ts'

const { window } = new JSDOM('<div id="app"></div>', { pretendToBeVisual: true, url: 'https://page.example' })
Object.assign(globalThis, { window, document: window.document })
const { createRoot } = await import('react-dom/client')
const { StreamingMarkdown } = await import('../src/react/index.ts')

const app = window.document.getElementById('app')!
const root = createRoot(app)
const render = (props: StreamingMarkdownProps): void =>
  root.render(createElement(StrictMode, null, createElement(StreamingMarkdown, props)))
const shown = (): string | undefined =>
  window.document.querySelector('[data-sluice-markdown]')?.innerHTML.replace(/ dir="[a-z]+"/g, '')
const becomes = (html: string): Promise<void> => expect.poll(shown, { interval: 5 }).toBe(html)

afterEach(async () => {
  root.render(null)
  await expect.poll(() => app.innerHTML, { interval: 5 }).toBe('')
})

test('a growing text is appended, and its nodes stay', async () => {
  render({ text: 'Hello *wor', className: 'answer' })
  await becomes('<p>Hello <em>wor</em></p>')
  const emphasis = window.document.querySelector('.answer em')
  render({ text: 'Hello *world*', className: 'answer', complete: true })
  await becomes('<p>Hello <em>world</em></p>')
  expect(window.document.querySelector('.answer em')).toBe(emphasis)
})

test('a text that is there at the beginning is there in the first picture', async () => {
  const picture = new Promise<string | undefined>((resolve) => {
    const observer = new window.MutationObserver(() => {
      observer.disconnect()
      // What was asked for before this is done before it, and both before the page is painted.
      window.requestAnimationFrame(() => resolve(shown()))
    })
    observer.observe(app, { childList: true, subtree: true })
  })
  root.render(createElement(StreamingMarkdown, { text: 'at *once*' }))
  expect(await picture).toBe('<p>at <em>once</em></p>')
})

test('another text begins anew', async () => {
  render({ text: 'one', complete: true })
  await becomes('<p>one</p>')
  render({ text: '# two' })
  await becomes('<h1>two</h1>')
})

test('a stream is read once, also in strict mode', async () => {
  let reads = 0
  async function* answer(): AsyncGenerator<string> {
    reads++
    yield 'streamed '
    yield '**text**'
  }
  render({ stream: answer() })
  await becomes('<p>streamed <strong>text</strong></p>')
  expect(reads).toBe(1)
})

test('a stream that fails tells so, and what has come stays', async () => {
  const onStreamError = vi.fn()
  async function* answer(): AsyncGenerator<string> {
    yield 'half'
    throw new Error('lost')
  }
  render({ stream: answer(), onStreamError })
  await becomes('<p>half</p>')
  expect(onStreamError).toHaveBeenCalledExactlyOnceWith(new Error('lost'))
})

test('nothing is left when it goes', async () => {
  render({ text: 'x' })
  await becomes('<p>x</p>')
  root.render(null)
  await expect.poll(() => app.innerHTML, { interval: 5 }).toBe('')
})

const slot = (tag: string, content: string): string =>
  `<${tag} style="display: contents;">${content}</${tag}>`

const Theme = createContext('none')
const rendered: (string | null)[] = []

function CodeBlock({ language, code, children }: CodeBlockProps): ReactElement {
  const theme = useContext(Theme)
  rendered.push(code)
  return createElement('figure', null, `${language} ${theme}`, children)
}

test('a component shows the code blocks, once while they grow and once when they are closed', async () => {
  const components = { codeBlock: CodeBlock }
  const show = (text: string): void =>
    root.render(
      createElement(Theme, { value: 'dark' }, createElement(StreamingMarkdown, { text, components })),
    )

  show('```js\nlet ')
  await becomes(
    `<div><figure>js dark${slot('div', '<pre><code class="language-js">let </code></pre>')}</figure></div>`,
  )
  const pre = window.document.querySelector('pre')
  for (const text of ['x', 'x = 1', 'x = 1\n']) {
    show(`\`\`\`js\nlet ${text}`)
    await expect.poll(() => pre!.textContent, { interval: 5 }).toBe(`let ${text}`)
  }
  expect(rendered).toEqual([null])
  show('```js\nlet x = 1\n```\n\nend')
  await expect.poll(() => rendered, { interval: 5 }).toEqual([null, 'let x = 1\n'])
  expect(window.document.querySelector('pre')).toBe(pre)
})

function Folded({ code, children }: CodeBlockProps): ReactElement {
  const [open, setOpen] = useState(false)
  const content = open ? children : `${code?.length}`
  return createElement('button', { type: 'button', onClick: () => setOpen(true) }, content)
}

test('a component may leave the code out, and show it later', async () => {
  render({ text: '```\ncode\n```\n', complete: true, components: { codeBlock: Folded } })
  await becomes('<div><button type="button">5</button></div>')
  window.document.querySelector('button')!.click()
  const code = slot('div', '<pre><code>code\n</code></pre>')
  await becomes(`<div><button type="button">${code}</button></div>`)
})

function Link({ href, title, children }: LinkProps): ReactElement {
  return createElement('a', { 'data-to': href, title }, children)
}

test('a component shows the links, and gets only addresses that are let through', async () => {
  const components = { link: Link }
  const link = (attributes: string, text: string): string =>
    `<span><a${attributes}>${slot('span', `<span>${text}</span>`)}</a></span>`

  render({ text: 'see [the *do', components })
  await becomes(`<p>see ${link('', 'the <em>do</em>')}</p>`)
  const anchor = window.document.querySelector('a')
  const text = 'see [the *docs*](/d "t"), [x](javascript:y), https://a.example\n'
  render({ text, components, complete: true })
  const first = link(' data-to="/d" title="t"', 'the <em>docs</em>')
  const last = link(' data-to="https://a.example"', 'https://a.example')
  await becomes(`<p>see ${first}, ${link('', 'x')}, ${last}</p>`)
  expect(window.document.querySelector('a')).toBe(anchor)
})

const mounted = new Set<Element>()

function Mounted({ children }: LinkProps): ReactElement {
  const track = (node: HTMLElement | null): (() => void) => {
    mounted.add(node!)
    return () => mounted.delete(node!)
  }
  return createElement('i', { ref: track }, children)
}

test('components go with what they stand for', async () => {
  const components = { link: Mounted }
  render({ text: '[a](/b)', components })
  await expect.poll(() => mounted.size, { interval: 5 }).toBe(1)
  render({ text: 'other', components })
  await becomes('<p>other</p>')
  await expect.poll(() => mounted.size, { interval: 5 }).toBe(0)
})

test('what is rendered on a server is its element, to be filled in the browser', async () => {
  const { renderToString } = await import('react-dom/server')
  const html = renderToString(createElement(StreamingMarkdown, { text: 'x', className: 'answer' }))
  expect(html).toBe('<div class="answer"></div>')
})
