import type { StreamEvent } from '@sluice/core'
import { createParser } from 'eventsource-parser'

/** The events in the text of an event stream, and the ids that their frames carried. */
export function parseEvents(text: string): { readonly events: StreamEvent[]; readonly ids: string[] } {
  const events: StreamEvent[] = []
  const ids: string[] = []
  const parser = createParser({
    onEvent: ({ id, data }) => {
      events.push(JSON.parse(data))
      ids.push(id ?? '')
    },
    onError: (error) => {
      throw error
    },
  })
  parser.feed(text)
  return { events, ids }
}

/** The events of a whole answer. */
export async function readEvents(response: Response): Promise<StreamEvent[]> {
  return parseEvents(await response.text()).events
}

/** The JSON of an error. */
export interface ErrorAnswer {
  readonly statusCode: number
  readonly code: string
  readonly message: string
  readonly error_type: string
  readonly recoverable: boolean
  readonly issues?: unknown
}

export async function readError(response: Response): Promise<ErrorAnswer> {
  return (await response.json()) as ErrorAnswer
}

/** Reads a body until its text matches, and gives what has come by then. The rest stays to be read. */
export async function readUntil(response: Response, pattern: RegExp): Promise<string> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!pattern.test(text)) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`The body ended before ${pattern}: ${text}`)
    text += value
  }
  return text
}
