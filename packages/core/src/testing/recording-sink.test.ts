import { describe, expect, test } from 'vitest'
import { BareStream } from '../../test/fixtures.ts'
import { encodeEvent } from '../server/run/encode.ts'
import { recordingSink } from './recording-sink.ts'
import { settle } from './settle.ts'

describe('recordingSink', () => {
  test('records what it is written, as JSON and parsed', async () => {
    const stream = new BareStream()
    const sink = recordingSink()
    sink.watch(stream.audience)
    stream.append('请問', '👩‍👩‍👧‍👦\n')
    await sink.received(2)
    expect(sink.events).toEqual([
      { type: 'content_chunk', chunk_id: 1, content: '请問' },
      { type: 'content_chunk', chunk_id: 2, content: '👩‍👩‍👧‍👦\n' },
    ])
    expect(sink.json.map((json) => JSON.parse(json))).toEqual(sink.events)
    expect([sink.text, sink.last, sink.types.length, sink.frames.length]).toEqual(['请問👩‍👩‍👧‍👦\n', 2, 2, 1])
  })

  test('leaves out of its text what a retry made void', async () => {
    const stream = new BareStream()
    const sink = recordingSink()
    sink.watch(stream.audience)
    stream.append('kept', 'void', 'too')
    const retry = { error_type: 'api_error', retry_count: 1, delay_ms: 1, keep_until: 1 }
    stream.writer.append(encodeEvent(4, { type: 'stream_retry', ...retry }))
    stream.append(' new')
    await sink.received(5)
    expect(sink.text).toBe('kept new')
  })

  test('takes as many frames as it has room for, and more when it is drained', async () => {
    const stream = new BareStream()
    const sink = recordingSink({ room: 2 })
    stream.append(...'abcdef')
    sink.watch(stream.audience, { maxFrameBytes: 1 })
    await settle()
    expect(sink.text).toBe('ab')
    sink.drain(1)
    await settle()
    expect(sink.text).toBe('abc')
    sink.drain()
    await settle()
    expect(sink.text).toBe('abcdef')
  })

  test('tells when an event has come, and when it never will', async () => {
    const stream = new BareStream()
    const sink = recordingSink()
    expect(() => sink.viewer).toThrow(/watch/)
    sink.watch(stream.audience)
    const [first, never] = [sink.received(1), sink.received(99)]
    stream.append('a')
    await first
    await sink.received(1)
    sink.viewer.detach()
    expect(await sink.ended).toBe('left')
    await expect(never).rejects.toThrow('disconnected (left) at chunk 1, before chunk 99')
    await expect(sink.received(2)).rejects.toThrow('before chunk 2')
  })

  test('minds being written to, or ended, after its end', () => {
    const sink = recordingSink()
    sink.end('left')
    expect(() => sink.write(new Uint8Array())).toThrow(/after its end/)
    expect(() => sink.end('ended')).toThrow(/ended twice/)
  })
})
