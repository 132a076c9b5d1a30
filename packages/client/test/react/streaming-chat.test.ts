// @vitest-environment jsdom
import { StreamingError, type StreamShapes } from '@sluice/core'
import { act, createEvent, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { createElement } from 'react'
import { expect, test, vi } from 'vitest'
import { StreamingChat, type StreamingChatProps } from '../../src/react/index.ts'
import { Tab } from './tab.ts'

const tab = new Tab()

function show(props: Partial<StreamingChatProps<StreamShapes, 'chat'>> = {}) {
  const toInput = (text: string) => ({ question: text })
  return render(createElement(StreamingChat, { client: tab.client(), name: 'chat', toInput, ...props }))
}

const field = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Message' })
const answer = () => screen.getByRole('region', { name: 'Answer' })
const status = () => screen.getByRole('status')
const button = (name: string) => screen.getByRole('button', { name })
const isOff = (name: string) => button(name).getAttribute('aria-disabled') === 'true'
const type = (text: string) => fireEvent.change(field(), { target: { value: text } })
const streaming = () => waitFor(() => expect(status().textContent).toBe('Answering …'))

async function ask(question: string): Promise<void> {
  type(question)
  fireEvent.click(button('Start'))
  await streaming()
}

test('a question is started, its answer is shown, and the field is free for the next', async () => {
  show()
  expect(isOff('Start')).toBe(true)
  fireEvent.click(button('Start'))
  type('  ')
  fireEvent.click(button('Start'))
  await ask('why?')
  expect(tab.server.generations.map(({ input }) => input)).toEqual([{ question: 'why?' }])
  expect(field().value).toBe('')
  await tab.say('Because\n', 'of it.')
  await waitFor(() => expect(answer().textContent).toBe('Because\nof it.'))
  await act(async () => tab.server.last.complete())
  expect(status().textContent).toBe('The answer is complete.')
  expect(isOff('Stop')).toBe(true)
})

test('no word of the answer is in a live region, and the status does not change with the text', async () => {
  const { container } = show()
  await ask('why?')
  const spoken = vi.fn()
  const observer = new MutationObserver(spoken)
  observer.observe(status(), { childList: true, characterData: true, subtree: true })
  await tab.say('word ')
  await waitFor(() => expect(answer().textContent).toBe('word '))
  await tab.say('for ', 'word')
  await waitFor(() => expect(answer().textContent).toBe('word for word'))
  expect(spoken).not.toHaveBeenCalled()
  observer.disconnect()
  const live = [...container.querySelectorAll('[aria-live], [role=status], [role=alert], [role=log]')]
  expect(live).toEqual([status()])
})

test('Stop stops', async () => {
  show()
  expect(isOff('Stop')).toBe(true)
  await ask('why?')
  tab.server.hold()
  fireEvent.click(button('Stop'))
  await waitFor(() => expect(status().textContent).toBe('Stopping …'))
  expect(isOff('Stop')).toBe(true)
  fireEvent.click(button('Stop'))
  await act(async () => tab.server.release())
  await waitFor(() => expect(status().textContent).toBe('Stopped.'))
  expect(tab.server.last.ended).toBe(true)
})

test('when Stop is refused, it says so, and the answer goes on', async () => {
  show()
  await ask('why?')
  tab.server.refusal = new StreamingError('permission_denied')
  fireEvent.click(button('Stop'))
  await waitFor(() => expect(status().textContent).toBe('It could not be stopped.'))
  await tab.say('on and on')
  await waitFor(() => expect(answer().textContent).toBe('on and on'))
  await act(async () => tab.server.last.complete())
  expect(status().textContent).toBe('The answer is complete.')
})

test('an error says what it was; Try again asks the same if that may help', async () => {
  show()
  expect(isOff('Try again')).toBe(true)
  await ask('why?')
  expect(isOff('Try again')).toBe(true)
  await act(async () => tab.server.last.fail('api_error'))
  expect(status().textContent).toBe('It broke.')
  fireEvent.click(button('Try again'))
  await streaming()
  expect(tab.server.generations.map(({ input }) => input)).toEqual([
    { question: 'why?' },
    { question: 'why?' },
  ])
  await act(async () => tab.server.last.fail('invalid_request'))
  expect(isOff('Try again')).toBe(true)
  fireEvent.click(button('Try again'))
  expect(tab.server.generations).toHaveLength(2)
})

test('Dismiss forgets the answer', async () => {
  show()
  expect(isOff('Dismiss')).toBe(true)
  await ask('why?')
  await tab.say('text')
  await waitFor(() => expect(answer().textContent).toBe('text'))
  fireEvent.click(button('Dismiss'))
  expect([answer().textContent, status().textContent]).toEqual(['', ''])
  expect(isOff('Dismiss')).toBe(true)
})

test('the focus stays on its button, also if the button changes', async () => {
  show()
  type('why?')
  field().focus()
  fireEvent.keyDown(field(), { key: 'Enter' })
  await streaming()
  expect(document.activeElement).toBe(field())
  button('Stop').focus()
  await act(async () => tab.server.last.complete())
  expect(isOff('Stop')).toBe(true)
  expect(document.activeElement).toBe(button('Stop'))
  button('Dismiss').focus()
  fireEvent.click(button('Dismiss'))
  expect(document.activeElement).toBe(button('Dismiss'))
})

test('Enter starts, Shift and Enter is a new line, and while an input method composes Enter is its own', async () => {
  show()
  type('なぜ')
  const press = (init: KeyboardEventInit & { keyCode?: number }) => {
    const event = createEvent.keyDown(field(), { key: 'Enter', ...init })
    fireEvent(field(), event)
    return event.defaultPrevented
  }
  expect(press({ shiftKey: true })).toBe(false)
  expect(press({ isComposing: true })).toBe(false)
  expect(press({ keyCode: 229 })).toBe(false)
  expect(press({ key: 'a' })).toBe(false)
  expect(tab.server.requests).toHaveLength(0)
  expect(press({})).toBe(true)
  await streaming()
  expect(tab.server.generations.map(({ input }) => input)).toEqual([{ question: 'なぜ' }])
})

test('while an answer runs, Enter starts no other, and what was typed stays', async () => {
  show()
  await ask('one')
  type('two')
  expect(isOff('Start')).toBe(true)
  fireEvent.keyDown(field(), { key: 'Enter' })
  expect(field().value).toBe('two')
  expect(tab.server.generations).toHaveLength(1)
})

test('renderText, words and other properties', async () => {
  const renderText = vi.fn((text: string, isComplete: boolean) =>
    createElement('em', null, text, isComplete ? '.' : ' …'),
  )
  const { container } = show({
    renderText,
    words: { message: 'Frage', start: 'Los', status: ({ state }) => `Zustand: ${state}` },
    className: 'mine',
    id: 'chat-1',
  })
  expect(container.querySelector('section.mine#chat-1')).toBe(container.firstElementChild)
  expect(screen.getByRole('textbox', { name: 'Frage' })).toBeDefined()
  fireEvent.change(screen.getByRole('textbox'), { target: { value: 'warum?' } })
  fireEvent.click(button('Los'))
  await waitFor(() => expect(status().textContent).toBe('Zustand: streaming'))
  expect(within(answer()).getByRole('emphasis').textContent).toBe(' …')
  await tab.say('darum')
  await act(async () => tab.server.last.complete())
  expect(within(answer()).getByRole('emphasis').textContent).toBe('darum.')
})

test('after a reload it goes on', async () => {
  const { unmount } = show()
  await ask('why?')
  await tab.say('half ')
  unmount()
  await tab.say('and half')
  show()
  await waitFor(() => expect(answer().textContent).toBe('half and half'))
})
