// The package alone: type or paste a text, choose a speed, and see the DOM, the state and the cost.
import { createMarkdownView, followEnd, type MarkdownView } from '../../src/index.ts'
import { katexMath } from '../../src/math/katex.ts'
import { answers } from '../answers/index.ts'

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T
const text = find<HTMLTextAreaElement>('text')
const answer = find<HTMLSelectElement>('answer')
const speed = find<HTMLInputElement>('speed')
const element = find('view')

/** Characters a second; the last one is all at once. */
const RATES = [20, 100, 400, 2000, Number.POSITIVE_INFINITY]

let view: MarkdownView = create()
let streaming = 0

function create(): MarkdownView {
  return createMarkdownView(element, {
    footnotes: true,
    caret: true,
    think: 'Thoughts',
    languageLabel: true,
    copyButton: { label: 'Copy', copiedLabel: 'Copied' },
    math: katexMath({ dollars: true, katex: { output: 'mathml' } }),
  })
}

function rate(): number {
  return RATES[Number(speed.value)]!
}

function begin(): void {
  cancelAnimationFrame(streaming)
  view.destroy()
  view = create()
}

function stream(): void {
  begin()
  const whole = text.value
  const start = performance.now()
  let at = 0
  const step = (now: number): void => {
    const due = Math.min(whole.length, Math.ceil(((now - start) / 1000) * rate()))
    view.append(whole.slice(at, due))
    at = due
    tell()
    if (at < whole.length) streaming = requestAnimationFrame(step)
    else void view.complete().then(tell)
  }
  streaming = requestAnimationFrame(step)
}

function tell(): void {
  const { chunks, frames, framesOverBudget, meanRenderMs, maxRenderMs, blocks, nodes } = view.stats
  find('cost').textContent =
    `${element.dataset.state}: ${blocks} blocks, ${nodes} nodes; ${chunks} pieces in ${frames} updates of ` +
    `${meanRenderMs.toFixed(2)} ms (longest ${maxRenderMs.toFixed(1)} ms, ${framesOverBudget} over budget)`
  find('dom').textContent = element.innerHTML.replaceAll('><', '>\n<')
}

for (const name of Object.keys(answers)) answer.add(new Option(name))
answer.addEventListener('change', () => {
  text.value = answers[answer.value]!
  stream()
})
speed.addEventListener('input', () => {
  find('rate').textContent = Number.isFinite(rate()) ? `${rate()}` : 'all at once'
})
find('start').addEventListener('click', stream)
find('type').addEventListener('click', () => {
  begin()
  text.oninput = () => {
    view.reset(text.value)
    requestAnimationFrame(tell)
  }
  text.focus()
})
followEnd(find('scroller'))
speed.dispatchEvent(new Event('input'))
text.value = answers.tutorial!
stream()
