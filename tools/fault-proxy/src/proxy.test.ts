import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Fault, FaultProxy } from './index.ts'

const BODY = 'né 漢 👩‍👩‍👧\r\n'.repeat(20)

/** An HTTP server that writes `BODY` in chunks of a line, and remembers what it was asked. */
const asked: string[] = []
const http = createServer(async (request, response) => {
  asked.push(request.url!)
  for (const line of BODY.split(/(?<=\n)/)) {
    response.write(line)
    await nextTurn()
  }
  response.end()
})
let proxy: FaultProxy

beforeEach(async () => {
  asked.length = 0
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  proxy = await FaultProxy.before((http.address() as AddressInfo).port)
})
afterEach(async () => {
  await proxy.close()
  await expect.poll(() => proxy.open).toBe(0)
  http.closeAllConnections()
  http.close()
  await once(http, 'close')
})

/** All that a plain TCP client gets, in the pieces in which it gets it, and how it ended. */
async function raw(
  port = proxy.port,
): Promise<{ pieces: Buffer[]; text: string; error: string | undefined }> {
  const socket = connect(port, '127.0.0.1')
  const pieces: Buffer[] = []
  let error: string | undefined
  socket.on('data', (piece) => pieces.push(piece))
  socket.on('error', (thrown: NodeJS.ErrnoException) => {
    error = thrown.code
  })
  socket.write('GET /raw HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  // Not `once`, which rejects on an error.
  await new Promise((resolve) => socket.on('close', resolve))
  return { pieces, text: Buffer.concat(pieces).toString(), error }
}

test('without a fault, byte for byte', async () => {
  expect(await (await fetch(proxy.url)).text()).toBe(BODY)
  expect(proxy.faulted).toBe(0)
})

test('a connection that is closed after a number of bytes', async () => {
  proxy.faults = [{ after: 100, ending: 'close' }]
  const { pieces, error } = await raw()
  expect(Buffer.concat(pieces)).toHaveLength(100)
  expect(error).toBeUndefined()
  expect(proxy.faulted).toBe(1)
})

test('a connection that is reset', async () => {
  proxy.faults = [{ after: 100, ending: 'reset' }]
  expect((await raw()).error).toBe('ECONNRESET')
})

test('a body that is cut, and yet ends as if it were whole', async () => {
  const { length } = (await raw()).text.split('\r\n\r\n')[0]!
  for (const after of [0, length + 4, length + 90]) {
    proxy.faults = [{ after, ending: 'truncate' }]
    const response = await fetch(proxy.url, { headers: { connection: 'close' } })
    const text = await response.text()
    expect(text.length).toBeLessThan(BODY.length)
    expect(BODY.startsWith(text)).toBe(true)
  }
})

test('silence: both sides stand, and nothing passes, until the client goes', async () => {
  const heard: string[] = []
  const sockets: Socket[] = []
  const server = createTcpServer((socket) => {
    sockets.push(socket)
    socket.on('data', (bytes) => heard.push(bytes.toString()))
    socket.on('error', () => {})
    socket.write('hello, and more')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const silent = await FaultProxy.before((server.address() as AddressInfo).port)
  silent.faults = [{ after: 5, ending: 'silence' }]
  const client = connect(silent.port, '127.0.0.1')
  const got: string[] = []
  client.on('data', (bytes) => got.push(bytes.toString()))
  await expect.poll(() => got.join('')).toBe('hello')
  await expect.poll(() => silent.faulted).toBe(1)
  client.write('anybody?')
  sockets[0]!.write('still here')
  // Time for what should not come: a whole journey through another connection.
  await raw()
  expect([got.join(''), heard, client.destroyed, sockets[0]!.destroyed]).toEqual(['hello', [], false, false])
  const gone = once(sockets[0]!, 'close')
  client.destroy()
  await gone
  await silent.close()
  server.close()
})

test('one byte at a time splits characters and line breaks', async () => {
  proxy.faults = [{ pieces: [1], turns: 2 }]
  const { pieces, text } = await raw()
  expect(text).toContain('né 漢')
  const ends = pieces.map((piece) => piece.at(-1)!)
  // In the middle of a character (RFC 3629 §3), and between CR and LF.
  expect(ends.some((byte) => byte >= 0xc0)).toBe(true)
  expect(ends.some((byte) => byte === 13)).toBe(true)
})

test('a page with status 502, of which the server knows nothing', async () => {
  proxy.faults = [{ page: true }]
  const response = await fetch(proxy.url)
  expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html'])
  expect(await response.text()).toContain('Bad Gateway')
  expect(asked).toEqual([])
})

test('a port that is asked for each connection: it may change, and if there is none, the connection is reset', async () => {
  let target: number | undefined = proxy.port
  const moving = await FaultProxy.before(() => target)
  expect((await raw(moving.port)).text).toContain('200 OK')
  target = undefined
  expect(await raw(moving.port)).toMatchObject({ text: '', error: 'ECONNRESET' })
  proxy.faults = [{ page: true }]
  target = proxy.port
  expect((await raw(moving.port)).text).toContain('502')
  await moving.close()
})

test('faults are for the next connections, in turn; then the line is good', async () => {
  const faults: Fault[] = [{ page: true }, { delayMs: 1, turns: 1 }, { ending: 'reset', after: 0 }]
  proxy.faults = faults
  const texts = []
  for (let count = 0; count < 4; count += 1) texts.push((await raw()).text.slice(9, 12))
  expect(texts).toEqual(['502', '200', '', '200'])
})

describe('the network', () => {
  test('is cut for everybody at a given byte', async () => {
    const cut = proxy.cutAfter(300, 'reset')
    const both = await Promise.all([raw(), raw()])
    await cut
    const bytes = both.flatMap(({ pieces }) => pieces).reduce((sum, { length }) => sum + length, 0)
    expect(bytes).toBeLessThanOrEqual(300)
    expect((await raw()).text).toContain('200 OK')
  })

  test('goes down, and comes back', async () => {
    proxy.goDown()
    await expect(fetch(proxy.url)).rejects.toThrow()
    expect(proxy.refused).toBe(1)
    proxy.comeBack()
    expect(await (await fetch(proxy.url)).text()).toBe(BODY)
  })
})
