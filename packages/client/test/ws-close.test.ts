import { describe, expect, test } from 'vitest'
import { closeError } from '../src/ws/web-socket.ts'
import { attached, client, FakeSocket, scriptedSockets, tick } from './fake-socket.ts'
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

test('a message that was too big ends the session that sent it, and interrupts the others', async () => {
  const shared = client()
  const reading = shared.attach('chat', 'stream-1')
  await tick()
  const [socket] = FakeSocket.all as [FakeSocket]
  socket.open()
  await tick()
  socket.attach(socket.of('resume_stream')[0]!)
  const small = shared.start('chat', 'small')
  const large = shared.start('chat', 'x'.repeat(70_000))
  await tick()
  socket.closeWith(1009)
  expect((await large.done).error).toMatchObject({ type: 'invalid_request', status: 413 })
  await tick()
  const second = FakeSocket.all[1]!.open()
  await tick()
  expect(second.sent).toHaveLength(2)
  expect(second.of('resume_stream')).toMatchObject([{ stream_id: 'stream-1' }])
  expect(second.of('stream_request')).toMatchObject([{ input: 'small' }])
  reading.detach()
  small.detach()
  await tick()
  second.closeWith(1006)
  await tick()
})
