import { Chat, useChat } from '@ai-sdk/react'
import { resumingFetch } from '@sluice/client/fetch'
import { DefaultChatTransport, type UIMessage } from 'ai'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { workflowTransport } from '../support/workflow-transport.ts'

// The steps that the tests of a page run in it. Plain values go in and out.

export type TransportName = 'default' | 'workflow'

const SILENCE_MS = 600

let waits = 0

const transports = {
  default: () =>
    new DefaultChatTransport({
      fetch: resumingFetch({
        retry: { baseMs: 1, capMs: 4 },
        silenceMs: SILENCE_MS,
        startMs: 2 * SILENCE_MS,
        onWait: () => {
          waits += 1
        },
      }),
    }),
  workflow: () =>
    workflowTransport({
      prepareSendMessagesRequest: ({ id, messages }) => ({ body: { id, messages } }),
    }),
}

let chat: Pick<Chat<UIMessage>, 'sendMessage' | 'stop' | 'status' | 'messages' | 'error'>

function Page({ name }: { readonly name: TransportName }) {
  chat = useChat({ id: 'chat1', transport: transports[name](), resume: true })
  return <p id={chat.status}>{textOf(chat.messages.at(-1))}</p>
}

function textOf(message: UIMessage | undefined): string {
  return message?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') ?? ''
}

export const inPage = {
  /** Shows the chat, as a page does that is loaded. */
  show(name: TransportName): void {
    const root = document.body.appendChild(document.createElement('main'))
    createRoot(root).render(
      <StrictMode>
        <Page name={name} />
      </StrictMode>,
    )
  },

  /** Sends a message, and does not wait for the answer. */
  send(text: string): void {
    void chat.sendMessage({ text })
  },

  stop: (): Promise<void> => chat.stop(),

  /** What a reader of the page sees. */
  seen: () => ({
    status: chat?.status,
    text: textOf(chat?.messages.at(-1)),
    count: chat?.messages.length,
    error: chat?.error?.message,
  }),

  /** Asks one question without React, and returns the answer when it is whole. */
  async ask(name: TransportName, question: string) {
    waits = 0
    const one = new Chat({ transport: transports[name]() })
    await one.sendMessage({ text: question })
    return { message: one.lastMessage, error: one.error?.message, waits }
  },
}
