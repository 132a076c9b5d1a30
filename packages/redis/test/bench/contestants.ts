import { createHub, defineStream, memoryLog, type StreamLog } from '@sluice/core/server'
import { createClient } from 'redis'
import { createResumableStreamContext } from 'resumable-stream/redis'
import { z } from 'zod'
import { type RedisLog, redisLog } from '../../src/index.ts'
import { type Load, tokensOf } from './load.ts'

/** One way to carry tokens from their source to a viewer. */
export interface Contestant {
  /** Starts a stream with one viewer, who is handed each token. Resolves at its end. */
  play(load: Load, onToken: (token: string) => void): Promise<void>
  /** Append commands, and events in them, so far. */
  commands?(): { readonly commands: number; readonly events: number }
  close(): Promise<unknown>
}

export type ContestantName = keyof typeof contestants

/** By name, on the Redis with this URL. */
export const contestants = {
  'memory log': () => {
    const log = memoryLog()
    return ofHubs(log, log)
  },
  'redis log': (url: string) => {
    const log = redisLog({ url, keyPrefix: 'same:' })
    return ofHubs(log, log, log)
  },
  'redis log, lingerMs 1': (url: string) => lingering(url, 1),
  'redis log, lingerMs 2': (url: string) => lingering(url, 2),
  'redis log, lingerMs 50': (url: string) => lingering(url, 50),
  'redis log, viewer elsewhere': (url: string) => {
    const log = redisLog({ url, keyPrefix: 'other:' })
    return ofHubs(log, redisLog({ url, keyPrefix: 'other:' }), log)
  },
  'resumable-stream': (url: string) => ofResumable(url, false),
  'resumable-stream, viewer elsewhere': (url: string) => ofResumable(url, true),
}

function lingering(url: string, lingerMs: number): Contestant {
  const log = redisLog({ url, keyPrefix: `linger-${lingerMs}:`, lingerMs })
  return ofHubs(log, log, log)
}

/** A hub that runs the streams, and one, perhaps another, that viewers are on. */
function ofHubs(writing: StreamLog, reading: StreamLog, metered?: RedisLog): Contestant {
  const chat = defineStream({
    input: z.custom<Load>(),
    run: ({ input }) => tokensOf(input),
  })
  const streams = { chat }
  const options = { streams, closeDeadlineMs: 0 }
  const producer = createHub({ ...options, log: writing })
  const server = reading === writing ? producer : createHub({ ...options, log: reading })
  return {
    play: async (load, onToken) => {
      const { record } = await producer.start({ stream: 'chat', input: load })
      const handle = await server.find({ streamId: record.streamId, owner: undefined })
      await new Promise<void>((resolve) => {
        handle.attach({
          after: 0,
          framing: (range) => {
            range.forEach((_chunkId, json) => {
              const event = JSON.parse(json.toString()) as { content?: string }
              if (event.content !== undefined) onToken(event.content)
            })
            return new Uint8Array(0)
          },
          sink: { write: () => true, end: () => resolve() },
        })
      })
    },
    ...(metered && {
      commands: () => {
        const { appendCommands, appendedEvents } = metered.metrics()
        return { commands: appendCommands, events: appendedEvents }
      },
    }),
    close: () => Promise.all([producer.close(), server.close()]),
  }
}

/** The peer: it keeps the text in the producer's memory, and publishes it for those who came to hear it elsewhere. */
function ofResumable(url: string, isElsewhere: boolean): Contestant {
  const clients = Array.from({ length: 4 }, () => createClient({ url }))
  const connected = Promise.all(clients.map((client) => client.connect()))
  const [publisher, subscriber, otherPublisher, otherSubscriber] = clients as typeof clients & [unknown]
  const keyPrefix = `peer-${isElsewhere}`
  const producer = createResumableStreamContext({
    waitUntil: null,
    keyPrefix,
    publisher: publisher!,
    subscriber: subscriber!,
  })
  const server = createResumableStreamContext({
    waitUntil: null,
    keyPrefix,
    publisher: otherPublisher!,
    subscriber: otherSubscriber!,
  })
  let streams = 0
  const read = async (stream: ReadableStream<string>, onText: (text: string) => void): Promise<void> => {
    for await (const text of stream) onText(text)
  }
  return {
    play: async (load, onToken) => {
      await connected
      const id = `${++streams}`
      const here = await producer.createNewResumableStream(id, () => eventStream(load))
      const hear = (text: string): void => {
        for (const line of text.split('\n\n')) {
          if (line === '') continue
          onToken((JSON.parse(line.slice('data: '.length)) as { content: string }).content)
        }
      }
      if (!isElsewhere) return read(here!, hear)
      const there = await server.resumeExistingStream(id)
      await Promise.all([read(here!, () => {}), read(there!, hear)])
    },
    close: () => Promise.all(clients.map((client) => client.close())),
  }
}

function eventStream(load: Load): ReadableStream<string> {
  const tokens = tokensOf(load)
  return new ReadableStream<string>({
    pull: async (controller) => {
      const { done, value } = await tokens.next()
      if (done) controller.close()
      else controller.enqueue(`data: ${JSON.stringify({ type: 'content_chunk', content: value })}\n\n`)
    },
  })
}
