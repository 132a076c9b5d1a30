// How many chunks a second one session takes, beside `eventsource-parser` and `JSON.parse` alone over the same body.
// 900 frames are the 64 KiB that a socket gives at once. Ratios of runs that follow each other directly, because a machine is never alone.
import { createParser } from 'eventsource-parser'
import { createClient, type StreamSession, sse } from '../../src/index.ts'

const CHUNKS = 50_000
const ROUNDS = 15

const encoder = new TextEncoder()
const frames = Array.from({ length: CHUNKS + 2 }, (_, index) => {
  const chunk_id = index + 1
  const event =
    index === 0
      ? { type: 'stream_start', chunk_id, stream_id: 'bench', stream: 'chat', created_at: 0 }
      : index <= CHUNKS
        ? { type: 'content_chunk', chunk_id, content: ' token' }
        : {
            type: 'stream_complete',
            chunk_id,
            finish_reason: 'stop',
            total_chunks: CHUNKS,
            ttft_ms: 1,
            duration_ms: 1,
          }
  return `id: ${chunk_id}\ndata: ${JSON.stringify(event)}\n\n`
})

/** The body in pieces of a given number of frames. */
function piecesOf(framesEach: number): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < frames.length; at += framesEach) {
    pieces.push(encoder.encode(frames.slice(at, at + framesEach).join('')))
  }
  return pieces
}

function bodyOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      const piece = pieces[at++]
      if (piece === undefined) controller.close()
      else controller.enqueue(piece)
    },
  })
}

/** The code that anyone would write: the parser, `JSON.parse`, and the text. */
async function parsedAlone(pieces: readonly Uint8Array[]): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  const parser = createParser({
    onEvent: ({ data }) => {
      const event = JSON.parse(data)
      if (event.type === 'content_chunk') text += event.content
    },
  })
  for await (const piece of bodyOf(pieces)) parser.feed(decoder.decode(piece, { stream: true }))
  return text
}

function session(pieces: readonly Uint8Array[]): StreamSession {
  const fetch = async () =>
    new Response(bodyOf(pieces), { headers: { 'content-type': 'text/event-stream', 'stream-id': 'bench' } })
  const client = createClient({ transport: sse({ url: 'http://bench.example/streams', fetch }) })
  return client.start('chat', null) as StreamSession
}

const consumers = {
  snapshot: async (pieces: readonly Uint8Array[]) => (await session(pieces).done).text,
  'text()': async (pieces: readonly Uint8Array[]) => {
    let last = ''
    for await (const text of session(pieces).text()) last = text
    return last
  },
  'for await': async (pieces: readonly Uint8Array[]) => {
    let all = ''
    for await (const event of session(pieces)) if (event.type === 'content_chunk') all += event.content
    return all
  },
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

async function rate(run: () => Promise<string>): Promise<number> {
  const began = performance.now()
  const { length } = await run()
  if (length !== CHUNKS * ' token'.length) throw new Error(`A text of ${length} characters.`)
  return (CHUNKS * 1000) / (performance.now() - began)
}

console.log(
  `One session, ${CHUNKS} chunks, Node ${process.version}; medians of ${ROUNDS} interleaved rounds.\n`,
)
console.log('| frames a read | consumer | chunks/s | parser and JSON.parse alone | ratio |')
console.log('|---|---|---|---|---|')
for (const framesEach of [1, 64, 900]) {
  const pieces = piecesOf(framesEach)
  for (const [name, run] of Object.entries(consumers)) {
    const ours: number[] = []
    const alone: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      alone.push(await rate(() => parsedAlone(pieces)))
      ours.push(await rate(() => run(pieces)))
    }
    const ratio = median(ours.map((value, round) => value / alone[round]!))
    const cells = [framesEach, name, Math.round(median(ours)), Math.round(median(alone)), ratio.toFixed(2)]
    console.log(`| ${cells.join(' | ')} |`)
  }
}
