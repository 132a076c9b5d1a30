import type { Fault } from '../faults/fault.ts'
import { faultDefinition } from '../faults/faults.ts'
import { Alarm } from '../pace/alarm.ts'
import type { RecordedRequest } from '../recording/recorder.ts'
import type { Connection } from './connection.ts'
import type { Frame } from './wire.ts'

/** Options of `deliver`: the stream, its receiver, and the fault on the way. */
export interface Delivery {
  /** The frames, in batches that are due together. */
  readonly batches: AsyncIterable<readonly Frame[]>
  /** The client. */
  readonly connection: Connection
  /** The record to keep. */
  readonly record: RecordedRequest
  /** The fault, if there is one. */
  readonly fault: Fault | undefined
  /** An event that breaks off in the middle of its JSON, for the fault of that name. */
  readonly malformed: () => string
  /** Whether the connection stays open after the last frame, until the client closes it. */
  readonly staysOpen?: boolean
}

/** Streams a response to a client and keeps the record; resolves when the record has ended. It never rejects. */
export async function deliver(delivery: Delivery): Promise<void> {
  const { batches, connection, record, fault } = delivery
  const striking =
    fault !== undefined && faultDefinition(fault.name).stage === 'connection' ? fault : undefined
  record.status = 200
  record.changed()
  connection.head(200, 'text/event-stream; charset=utf-8')

  let due = striking
  if (striking?.name === 'stall-first-token') {
    await stall(striking, connection)
    due = undefined
  }
  let tokens = 0
  for await (const batch of batches) {
    if (connection.signal.aborted) break
    let waiting: Frame[] = []
    for (const frame of batch) {
      waiting.push(frame)
      tokens += frame.tokens
      if (due === undefined || tokens < due.afterTokens) continue
      // The first frames bring no token: a fault after none of them strikes right after these.
      if (frame !== batch.at(-1) && tokens === 0) continue
      await send(waiting, connection, record)
      waiting = []
      if (await strike(due, delivery)) return record.finish('fault')
      due = undefined
    }
    await send(waiting, connection, record)
    if (connection.signal.aborted) break
  }
  if (delivery.staysOpen === true) await open(connection)
  if (connection.signal.aborted) return record.finish(connection.endedBy)
  const whole = await connection.end()
  record.finish(whole ? (fault === undefined ? 'completed' : 'fault') : connection.endedBy)
}

async function send(
  frames: readonly Frame[],
  connection: Connection,
  record: RecordedRequest,
): Promise<void> {
  if (frames.length === 0 || connection.signal.aborted) return
  let wire = ''
  for (const frame of frames) {
    wire += frame.wire
    record.sent(frame.text, frame.tokens)
  }
  // Before the write, which may wait for a slow reader: the socket has it now.
  record.changed()
  await connection.write(wire)
}

/** Does what the fault does; `true` if the response is over with it. */
async function strike(fault: Fault, { connection, malformed }: Delivery): Promise<boolean> {
  switch (fault.name) {
    case 'reset':
      await connection.reset()
      return true
    case 'truncate':
      await connection.end()
      return true
    case 'malformed':
      await connection.write(malformed())
      return false
    default:
      await stall(fault, connection)
      return false
  }
}

/** Waits until nobody listens. */
async function open(connection: Connection): Promise<void> {
  using alarm = new Alarm(connection.signal)
  await alarm.after(Number.POSITIVE_INFINITY)
}

/** Says nothing for as long as the fault lasts, or until nobody listens. */
export async function stall(fault: Fault, connection: Connection): Promise<void> {
  using alarm = new Alarm(connection.signal)
  await alarm.after(fault.stallMs)
}
