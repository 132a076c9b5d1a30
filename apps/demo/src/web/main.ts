import { createClient, sse } from '@sluice/client'
import type { Streams } from '../server/streams.ts'
import { Chat } from './chat.ts'
import { tabMemory } from './memory.ts'
import { showModelName } from './view/model-name.ts'
import { Page } from './view/page.ts'

const client = createClient<Streams>({ transport: sse({ url: '/streams' }) })
const chat = new Chat({ client, memory: tabMemory, onChange: () => page.update() })
const page = new Page(chat)

// The last moment of a page that a phone is sure to tell of is when it is hidden.
addEventListener('pagehide', () => chat.keep())
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') chat.keep()
})

page.show()
chat.resume()
void showModelName()
