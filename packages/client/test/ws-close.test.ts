import { describe, expect, test } from 'vitest'
import { closeError } from '../src/ws/web-socket.ts'
import { attached, client, FakeSocket, finish, scriptedSockets, tick } from './fake-socket.ts'
import { until } from './until.ts'

scriptedSockets()

describe('close codes', () => {
  test.each([
    [1000, 'connection_lost'],
    [1001, 'connection_lost'],
    [1006, 'connection_lost'],
    [1011, 'connection_lost'],
    [1012, 'shutting_down'],
    [1013, 'capacity'],
    [4000, 'connection_lost'],
    [4408, 'connection_lost'],
    [4410, 'flow_control_timeout'],
    [4429, 'rate_limit'],
  ])('%i may come back (%s)', async (code, type) => {
    expect(closeError(code, '').type).toBe(type)
    const { session, socket } = await attached()
    socket.closeWith(code)
    const { waiting } = await until(session, (snapshot) => snapshot.waiting !== null || snapshot.ended)
    expect(waiting).toMatchObject({ for: 'retry', error: { type } })
    session.detach()
    await tick()
  })

  test.each([
    [1003, 'protocol_error'],
    [1008, 'protocol_error'],
    [4500, 'protocol_error'],
    [4503, 'permission_denied'],
    [4506, 'protocol_error'],
    [4999, 'protocol_error'],
  ])('%i is final (%s)', async (code, type) => {
    const { session, socket } = await attached()
    socket.closeWith(code, 'because')
    expect((await session.done).error).toMatchObject({ type, message: 'because' })
  })
})

test('a message that was too big for a proxy ends the sessions that had sent one, and interrupts the others', async () => {
  const shared = client()
  const reading = shared.attach('chat', 'stream-1')
  await tick()
  const [socket] = FakeSocket.all as [FakeSocket]
  socket.open()
  await tick()
  socket.attach(socket.of('resume_stream')[0]!)
  const large = shared.start('chat', 'x'.repeat(70_000))
  await tick()
  socket.closeWith(1009)
  expect((await large.done).error).toMatchObject({ type: 'invalid_request', status: 413 })
  await tick()
  const second = FakeSocket.all[1]!.open()
  await tick()
  expect(second.of('resume_stream')).toMatchObject([{ stream_id: 'stream-1' }])
  expect(second.of('stream_request')).toEqual([])
  reading.detach()
  await tick()
  second.closeWith(1006)
  await tick()
})

test('a start that is longer than the server takes is refused here, and the others go on', async () => {
  const shared = client()
  const reading = shared.attach('chat', 'stream-1')
  const large = shared.start('chat', 'ä'.repeat(35_000))
  await tick()
  const [socket] = FakeSocket.all as [FakeSocket]
  socket.emit('open')
  await tick()
  // Sent at once, though the limits are not known; the long one waits for them.
  expect(socket.sent.map(({ type }) => type)).toEqual(['resume_stream'])
  socket.open({ limits: { max_message_bytes: 65_536 } })
  expect((await large.done).error).toMatchObject({
    type: 'invalid_request',
    status: 413,
    message: expect.stringMatching(
      /^The request has 70\d{3} bytes; this server takes 65536 over WebSocket\.$/,
    ),
  })
  const fits = shared.start('chat', 'x'.repeat(65_000))
  await tick()
  expect(socket.of('stream_request')).toHaveLength(1)
  socket.attach(socket.of('stream_request')[0]!, { stream_id: 'stream-2' })
  expect(socket.isClosed).toBe(false)
  for (const session of [reading, fits]) session.detach()
  await finish(socket)
})
