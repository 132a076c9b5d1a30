import type { Chat } from '../chat.ts'
import { statusOf } from '../status-words.ts'
import { Composer } from './composer.ts'
import { ConversationView } from './conversation-view.ts'
import { EndKeeper } from './end-keeper.ts'
import { find } from './find.ts'
import { showStatus } from './status-line.ts'
import { showSuggestions } from './suggestions.ts'

/** The page: shows a chat, and hands what a person does on to it. */
export class Page {
  readonly #chat: Chat
  readonly #conversation: ConversationView
  readonly #composer: Composer
  readonly #end = new EndKeeper()
  readonly #welcome = find('#welcome')
  readonly #newChat = find('#new-chat')
  #isDue = false

  constructor(chat: Chat) {
    this.#chat = chat
    const onAsk = (question: string) => {
      this.#end.goToEnd()
      chat.ask(question)
      this.#composer.focus()
    }
    this.#composer = new Composer({ onAsk, onStop: () => chat.stop() })
    this.#conversation = new ConversationView(() => {
      this.#composer.focus()
      chat.retry()
    })
    showSuggestions(onAsk)
    this.#newChat.addEventListener('click', () => {
      this.#composer.focus()
      chat.clear()
    })
    new ResizeObserver(() => this.update()).observe(find('#scroller'))
  }

  /** Shows it with the next frame: tokens come faster than a screen can show them. */
  update(): void {
    if (this.#isDue) return
    this.#isDue = true
    requestAnimationFrame(() => {
      this.#isDue = false
      this.show()
    })
  }

  show(): void {
    const { turns, live, notice } = this.#chat
    const answer = turns.at(-1)?.answer
    const status = statusOf(turns, live)
    this.#welcome.hidden = turns.length > 0
    this.#newChat.hidden = turns.length === 0
    this.#conversation.show(turns, live)
    this.#composer.show({
      isRunning: answer?.outcome === 'running',
      isStopping: answer?.outcome === 'running' && answer.isStopping,
    })
    showStatus(notice === null ? status : { ...status, words: notice })
    // Those who have asked nothing yet see the beginning of the page.
    if (turns.length > 0) this.#end.keep()
  }
}
