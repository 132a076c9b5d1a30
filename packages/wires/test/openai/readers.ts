import OpenAI from 'openai'

type Event = OpenAI.Responses.ResponseStreamEvent

/** How long a reader waits for the next event before it takes the connection for lost, in milliseconds. */
export const SILENCE_MS = 400

/** A response as a program reads it that follows OpenAI's own guide: if the stream breaks, it goes on by `starting_after`. */
export async function readResponse(
  client: OpenAI,
  question: string,
  key: string,
  onEvent: (event: Event) => void = () => {},
): Promise<readonly Event[]> {
  const events: Event[] = []
  const body = { model: 'support-bot', input: question, stream: true } as const
  while (!isEnd(events.at(-1))) {
    const life = new AbortController()
    const options = { signal: life.signal, headers: { 'Idempotency-Key': key } }
    let timer = setTimeout(() => life.abort(), SILENCE_MS)
    try {
      const [created] = events
      const stream =
        created?.type === 'response.created'
          ? await client.responses.retrieve(
              created.response.id,
              { stream: true, starting_after: events.at(-1)!.sequence_number },
              { signal: life.signal },
            )
          : await client.responses.create(body, options)
      for await (const event of stream) {
        clearTimeout(timer)
        timer = setTimeout(() => life.abort(), SILENCE_MS)
        events.push(event)
        onEvent(event)
      }
    } catch (error) {
      if (error instanceof OpenAI.APIError && error.status !== undefined && error.status < 500) throw error
    } finally {
      clearTimeout(timer)
      life.abort()
    }
  }
  return events
}

function isEnd(event: Event | undefined): boolean {
  return (
    event?.type === 'response.completed' ||
    event?.type === 'response.failed' ||
    event?.type === 'response.incomplete'
  )
}
