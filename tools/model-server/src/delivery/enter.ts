import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Fault } from '../faults/fault.ts'
import { processingMs, recordOf } from '../recording/recording.ts'
import { Connection } from './connection.ts'
import { stall } from './deliver.ts'

/**
 * Takes a response out of Fastify's hands, to be written as raw HTTP.
 *
 * @param closing - aborted when the server closes
 * @returns the connection, or nothing if a fault or the client ended it before any header
 */
export async function enter(
  request: FastifyRequest,
  reply: FastifyReply,
  fault: Fault | undefined,
  closing: AbortSignal,
): Promise<Connection | undefined> {
  const record = recordOf(request)
  reply.hijack()
  reply.header('openai-processing-ms', processingMs(record))
  const connection = new Connection(reply.raw, reply.getHeaders(), closing)
  if (fault?.name === 'reset-headers') {
    await connection.reset()
    record.finish('fault')
    return undefined
  }
  if (fault?.name === 'stall-headers') await stall(fault, connection)
  if (connection.signal.aborted) {
    record.finish(connection.endedBy)
    return undefined
  }
  return connection
}
