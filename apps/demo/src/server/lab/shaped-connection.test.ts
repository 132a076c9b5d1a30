import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ShapedConnection } from './shaped-connection.ts'

/** A connection as the server has it, and the client's end. */
async function connected(): Promise<{ readonly connection: ShapedConnection; readonly client: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
  })
  const [socket] = (await once(server, 'connection')) as [Socket]
  const connection = new ShapedConnection(socket)
  connection.on('error', () => {})
  onTestFinished(() => {
    client.destroy()
    connection.destroy()
    server.close()
  })
  return { connection, client }
}

/** Everything that comes, until the end. */
async function received(from: AsyncIterable<Buffer>): Promise<string> {
  const pieces = await Array.fromAsync(from)
  return Buffer.concat(pieces).toString()
}

const LONG = 'one log, many cursors; '.repeat(20_000)

test('left alone, it carries everything both ways, and ends each way for itself', async () => {
  const { connection, client } = await connected()
  client.end('a question')
  expect(await received(connection)).toBe('a question')
  connection.end(LONG)
  expect(await received(client)).toBe(LONG)
  expect(connection.bytesSent).toBe(LONG.length)
  expect(connection.unsentBytes).toBe(0)
})

test('with latency, written data waits, and comes in order, also if the latency ends in between', async () => {
  const { connection, client } = await connected()
  connection.shape = { latencyMs: 100, bytesPerSecond: null }
  connection.write('first ')
  connection.write('second ')
  expect(connection.unsentBytes).toBe(13)
  connection.shape = { latencyMs: 0, bytesPerSecond: null }
  connection.end('third')
  expect(await received(client)).toBe('first second third')
})

test('what comes in with latency is whole, and so is its end', async () => {
  const { connection, client } = await connected()
  connection.shape = { latencyMs: 50, bytesPerSecond: null }
  client.write(LONG)
  client.end('the end')
  expect(await received(connection)).toBe(`${LONG}the end`)
})

test('throttled, it gives piece by piece, the writer is told to wait, and the rest comes when it may', async () => {
  const { connection, client } = await connected()
  connection.shape = { latencyMs: 0, bytesPerSecond: 40 }
  expect(connection.write(LONG)).toBe(false)
  const [first] = (await once(client, 'data')) as [Buffer]
  client.pause()
  expect(first.length).toBeLessThan(40)
  expect(connection.unsentBytes).toBeGreaterThan(LONG.length - 40)
  connection.shape = { latencyMs: 0, bytesPerSecond: null }
  connection.end()
  expect(first.toString() + (await received(client))).toBe(LONG)
})

test('a cut is a reset: what was under way is lost, and no timer is left', async () => {
  const { connection, client } = await connected()
  connection.shape = { latencyMs: 60_000, bytesPerSecond: 10 }
  connection.write('never seen')
  const closed = once(connection, 'close')
  connection.cut()
  await expect(received(client)).rejects.toMatchObject({ code: 'ECONNRESET' })
  await closed
})

test('a client that hangs up closes it', async () => {
  const { connection, client } = await connected()
  connection.resume()
  const closed = new Promise((resolve) => {
    connection.on('close', resolve)
  })
  client.resetAndDestroy()
  await closed
  expect(connection.destroyed).toBe(true)
})

test('destroySoon sends what was written, and then closes', async () => {
  const { connection, client } = await connected()
  connection.shape = { latencyMs: 50, bytesPerSecond: null }
  connection.write('good-bye')
  connection.destroySoon()
  expect(await received(client)).toBe('good-bye')
})
