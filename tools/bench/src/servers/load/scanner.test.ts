import { describe, expect, test } from 'vitest'
import { Scanner, SIGNS } from './scanner.ts'
import { textFrame } from './ws-frame.ts'

type Found = readonly (string | number)[]

/** The marks found in bytes that come in pieces of one size. */
function scan(signs: (typeof SIGNS)[keyof typeof SIGNS], text: string, pieceBytes: number): Found[] {
  const found: Found[] = []
  const scanner = new Scanner(signs, {
    onStream: (id) => found.push(['stream', id]),
    onToken: (number, madeAtUs) => found.push(['token', number, madeAtUs]),
    onEnd: () => found.push(['end']),
    onPing: () => found.push(['ping']),
    onConnected: () => found.push(['connected']),
  })
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes)
    scanner.read(piece, 0, piece.length)
  }
  return found
}

const event = (id: number, content: string) =>
  `id: ${id}\ndata: ${JSON.stringify({ type: 'content_chunk', chunk_id: id, content })}\n\n`

const body =
  `3a\r\n${event(1, '1 1234567')}\r\n` + `74\r\n${event(2, '2 1234568')}${event(3, '30 99')}\r\n0\r\n\r\n`

const messages =
  '\x81\x7e\x00\x90{"type":"connection_established"}{"type":"stream_attached","stream_id":"AbC-_1"}' +
  '{"stream_id":"AbC-_1","type":"content_chunk","content":"1 77"}{"type":"ping"}' +
  '{"type":"chunk_batch","stream_id":"other","chunks":[{"content":"1 5"},{"content":"2 6"}]}' +
  '{"stream_id":"other","type":"stream_complete"}'

describe.each([1, 2, 3, 7, 64, 100_000])('in pieces of %i bytes', (size) => {
  test('tokens and the end of a chunked body', () => {
    expect(scan(SIGNS.http, body, size)).toEqual([
      ['token', 1, 1_234_567],
      ['token', 2, 1_234_568],
      ['token', 30, 99],
      ['end'],
    ])
  })

  test('streams, tokens, pings and ends among messages', () => {
    expect(scan(SIGNS.ws, messages, size)).toEqual([
      ['stream', 'AbC-_1'],
      ['stream', 'AbC-_1'],
      ['token', 1, 77],
      ['ping'],
      ['stream', 'other'],
      ['token', 1, 5],
      ['token', 2, 6],
      ['stream', 'other'],
      ['end'],
    ])
  })

  test('what opens Socket.IO, and the ping of Engine.IO', () => {
    const text = '\x81\x1040{"sid":"x"}\x81\x01242["event",{"content":"4 9"}]42["stream_complete",{}]'
    expect(scan(SIGNS.socketIo, text, size)).toEqual([['connected'], ['ping'], ['token', 4, 9], ['end']])
  })
})

test('a mark that begins again in the middle of itself is found', () => {
  expect(scan(SIGNS.http, '""content""content":"8 3"\r\n0\r\n\r\r\n0\r\n\r\n', 1)).toEqual([
    ['token', 8, 3],
    ['end'],
  ])
})

test.each([1, 125, 126, 40_000])('a client’s message of %i bytes is a masked text frame', (length) => {
  const frame = textFrame('x'.repeat(length))
  expect(frame[0]).toBe(0x81)
  expect(frame[1]! & 0x80).toBe(0x80)
  expect(length < 126 ? frame[1]! & 0x7f : frame.readUInt16BE(2)).toBe(length)
  expect(frame.subarray(-length).toString()).toBe('x'.repeat(length))
  expect(frame.length).toBe(length + (length < 126 ? 6 : 8))
})
