import { copyOf, find, setText } from './find.ts'

const SUGGESTIONS = [
  'Can you walk me through setting up distributed logging across our microservices architecture with proper correlation IDs and error aggregation?',
  'How do I find out why a database query is slow?',
  'Explain how to sort a million numbers, with code and its complexity.',
  'Say hello in ten languages, Chinese and Arabic among them.',
]

/** Shows what one could ask, to those who have asked nothing yet. */
export function showSuggestions(onAsk: (question: string) => void): void {
  const items = SUGGESTIONS.map((question) => {
    const item = copyOf('#suggestion-template')
    const button = find('.suggestion', item)
    setText(button, question)
    button.addEventListener('click', () => onAsk(question))
    return item
  })
  find('#suggestions').replaceChildren(...items)
}
