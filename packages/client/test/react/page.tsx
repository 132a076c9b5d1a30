import { createClient, type Snapshot, sse, ws } from '@sluice/client'
import { useStream } from '@sluice/client/react'
import { type ComponentType, Profiler, StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { Answer } from './examples/answer.tsx'
import { Chat } from './examples/chat.tsx'
import type { Streams } from './examples/server.ts'

/** The figures that the test waits for. */
interface Counted {
  readonly commits: number
  readonly frames: number
  readonly text: string
}

declare global {
  var counted: Promise<Counted>
}

const overSse = createClient<Streams>({ transport: sse({ url: '/streams' }) })
const overWs = createClient<Streams>({ transport: ws({ url: '/streams/ws' }) })
const { promise, resolve } = Promise.withResolvers<Counted>()
globalThis.counted = promise

let commits = 0
let frames = 0

function countFrame(): void {
  frames += 1
  requestAnimationFrame(countFrame)
}

/** After the frame that follows: what was still to be rendered has been. */
function onEnd({ text }: Snapshot): void {
  requestAnimationFrame(() => setTimeout(() => resolve({ commits, frames, text })))
}

function Measured() {
  const { text, start } = useStream(overSse, 'chat', { onEnd })
  const begin = (): void => {
    commits = 0
    frames = 0
    start({ question: 'How fast?' })
  }
  return (
    <>
      <button type="button" onClick={begin}>
        Measure
      </button>
      <p>{text}</p>
    </>
  )
}

function Switched() {
  const [client, setClient] = useState(overSse)
  const { text, start, state } = useStream(client, 'chat')
  return (
    <>
      <button type="button" onClick={() => start({ question: 'Which way?' })}>
        Ask
      </button>
      <button type="button" onClick={() => setClient(client === overSse ? overWs : overSse)}>
        Switch
      </button>
      <output>{state}</output>
      <p>{text}</p>
    </>
  )
}

const pages: Readonly<Record<string, ComponentType>> = {
  '/measured': Measured,
  '/switched': Switched,
  '/answer': Answer,
  '/chat': Chat,
}

const Page = pages[location.pathname]!
requestAnimationFrame(countFrame)
createRoot(document.querySelector('#app')!).render(
  <StrictMode>
    <Profiler id="page" onRender={() => (commits += 1)}>
      <Page />
    </Profiler>
  </StrictMode>,
)
