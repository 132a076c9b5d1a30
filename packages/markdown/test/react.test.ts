import { JSDOM } from 'jsdom'
import { createElement, StrictMode } from 'react'
import { afterEach, expect, test, vi } from 'vitest'
import { StreamingMarkdown, type StreamingMarkdownProps } from '../src/react/index.ts'

const { window } = new JSDOM('<div id="app"></div>', { pretendToBeVisual: true, url: 'https://page.example' })
Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true })
const { act } = await import('react')
const { createRoot } = await import('react-dom/client')

const root = createRoot(window.document.getElementById('app')!)
const render = (props: StreamingMarkdownProps): Promise<void> =>
  act(async () => root.render(createElement(StrictMode, null, createElement(StreamingMarkdown, props))))
const shown = (): string | undefined =>
  window.document.querySelector('[data-sluice-markdown]')?.innerHTML.replace(/ dir="[a-z]+"/g, '')
const frame = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60))

afterEach(() => act(async () => root.render(null)))

test('a growing text is appended, and its nodes stay', async () => {
  await render({ text: 'Hello *wor', className: 'answer' })
  await frame()
  const emphasis = window.document.querySelector('.answer em')
  expect(shown()).toBe('<p>Hello <em>wor</em></p>')
  await render({ text: 'Hello *world*', className: 'answer', complete: true })
  await frame()
  expect(shown()).toBe('<p>Hello <em>world</em></p>')
  expect(window.document.querySelector('.answer em')).toBe(emphasis)
})

test('another text begins anew', async () => {
  await render({ text: 'one', complete: true })
  await frame()
  await render({ text: '# two' })
  await frame()
  expect(shown()).toBe('<h1>two</h1>')
})

test('a stream is read once, also in strict mode', async () => {
  let reads = 0
  async function* answer(): AsyncGenerator<string> {
    reads++
    yield 'streamed '
    yield '**text**'
  }
  await render({ stream: answer() })
  await frame()
  expect(shown()).toBe('<p>streamed <strong>text</strong></p>')
  expect(reads).toBe(1)
})

test('a stream that fails tells so, and what has come stays', async () => {
  const onStreamError = vi.fn()
  async function* answer(): AsyncGenerator<string> {
    yield 'half'
    throw new Error('lost')
  }
  await render({ stream: answer(), onStreamError })
  await frame()
  expect(shown()).toBe('<p>half</p>')
  expect(onStreamError).toHaveBeenCalledExactlyOnceWith(new Error('lost'))
})

test('nothing is left when it goes', async () => {
  await render({ text: 'x' })
  await act(async () => root.render(null))
  expect(window.document.getElementById('app')!.innerHTML).toBe('')
})
