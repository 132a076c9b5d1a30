import { fetchEventSource } from '@microsoft/fetch-event-source'
import { resumingFetch } from '@sluice/client/fetch'
import { EventSourcePolyfill } from 'event-source-polyfill'
import { EventSource as EventSourcePackage } from 'eventsource'
import * as reconnecting from 'reconnecting-eventsource'

/** Of the test: cuts the connection. */
declare function cut(): void

/** What these classes have in common. */
interface Source {
  onmessage: ((event: MessageEvent) => void) | null
  close(): void
}

// It is a CommonJS module that says it is none.
const ReconnectingEventSource = reconnecting.default as unknown as new (
  url: string,
  options: { readonly max_retry_time: number },
) => Source

const sources = {
  native: (url: string): Source => new EventSource(url),
  'event-source-polyfill': (url: string): Source => new EventSourcePolyfill(url),
  'reconnecting-eventsource': (url: string): Source =>
    new ReconnectingEventSource(url, { max_retry_time: 100 }),
  eventsource: (url: string): Source => new EventSourcePackage(new URL(url, location.href)) as Source,
}

/** The classes, by the names of their packages. */
export type SourceName = keyof typeof sources | '@microsoft/fetch-event-source'

/** The text of an answer, and the chunk_ids of its events. */
export interface Read {
  readonly text: string
  readonly ids: number[]
}

/** Reads an answer to its end. */
export async function read(name: SourceName, url: string): Promise<Read> {
  const ids: number[] = []
  let text = ''
  /** @returns whether it was the last event */
  const take = (data: string): boolean => {
    const event = JSON.parse(data) as {
      readonly type: string
      readonly chunk_id: number
      readonly content?: string
    }
    if (ids.push(event.chunk_id) === 2) cut()
    if (event.type === 'content_chunk') text += event.content
    return event.type === 'stream_complete'
  }
  if (name === '@microsoft/fetch-event-source') {
    // By itself it takes an event's id before its data: a cut between them loses the event.
    await fetchEventSource(url, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
      fetch: resumingFetch({ retry: { baseMs: 5, capMs: 20 } }) as typeof fetch,
      openWhenHidden: true,
      onmessage: ({ data }) => {
        take(data)
      },
    })
  } else {
    await new Promise<void>((resolve) => {
      const source = sources[name](url)
      source.onmessage = ({ data }) => {
        if (!take(data)) return
        source.close()
        resolve()
      }
    })
  }
  return { text, ids }
}
