import { serverError } from '../api/api-error.ts'
import type { Fault } from '../faults/fault.ts'
import type { RecordedRequest } from '../recording/recorder.ts'
import type { Connection } from './connection.ts'
import { stall } from './deliver.ts'
import type { Frame } from './wire.ts'

/** Options of `deliverWhole`: the answer, its receiver, and the fault on the way. */
export interface WholeDelivery {
  /** The frames that a stream would have had: `deliverWhole` waits for them, as the real API makes one wait. */
  readonly batches: AsyncIterable<readonly Frame[]>
  /** The answer as one object, asked for when all has been said; nothing if it ended in an error. */
  readonly body: () => object | undefined
  /** The client. */
  readonly connection: Connection
  /** The record to keep. */
  readonly record: RecordedRequest
  /** The fault, if there is one. */
  readonly fault: Fault | undefined
}

/** Sends an answer as one JSON object and keeps the record; resolves when the record has ended. It never rejects. */
export async function deliverWhole({
  batches,
  body,
  connection,
  record,
  fault,
}: WholeDelivery): Promise<void> {
  let text = ''
  let tokens = 0
  for await (const batch of batches) {
    for (const frame of batch) {
      text += frame.text
      tokens += frame.tokens
    }
  }
  if (connection.signal.aborted) return record.finish(connection.endedBy)

  const answer = body()
  record.status = answer === undefined ? 500 : 200
  record.changed()
  connection.head(record.status, 'application/json')
  const json = JSON.stringify(answer ?? serverError())
  switch (fault?.name) {
    case 'reset':
      await connection.write(json.slice(0, json.length / 2))
      await connection.reset()
      return record.finish('fault')
    case 'truncate':
    case 'malformed':
      await connection.end(json.slice(0, json.length / 2))
      return record.finish('fault')
    case 'stall':
    case 'stall-first-token':
      await stall(fault, connection)
  }
  if (connection.signal.aborted) return record.finish(connection.endedBy)
  if (answer !== undefined) record.sent(text, tokens)
  const whole = await connection.end(json)
  record.finish(whole ? (fault === undefined ? 'completed' : 'fault') : connection.endedBy)
}
