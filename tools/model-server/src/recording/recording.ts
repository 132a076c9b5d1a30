import type { FastifyInstance, FastifyRequest } from 'fastify'
import { requestId } from '../api/ids.ts'
import type { RecordedRequest, Recorder } from './recorder.ts'

const records = new WeakMap<FastifyRequest, RecordedRequest>()

/** The record of a request to the API. */
export function recordOf(request: FastifyRequest): RecordedRequest {
  const record = records.get(request)
  if (record === undefined) throw new Error(`${request.method} ${request.url} is not recorded.`)
  return record
}

/** Records every request to `/v1` and `/v1beta`, those that are refused included, and gives each response its id. */
export function addRecording(app: FastifyInstance, recorder: Recorder): void {
  app.addHook('onRequest', async (request, reply) => {
    const { method, url, headers } = request
    if (!isApi(url)) return
    const record = recorder.open({ id: requestId(), method, path: url, headers })
    records.set(request, record)
    reply.header('x-request-id', record.id)
    reply.header('openai-version', '2020-10-01')
    reply.header('openai-organization', 'org-sluice')
  })
  app.addHook('preHandler', async (request) => {
    const record = records.get(request)
    if (record === undefined) return
    record.body = request.body
    recorder.announce(record)
  })
  app.addHook('onSend', async (request, reply) => {
    const record = records.get(request)
    if (record === undefined) return
    record.status = reply.statusCode
    reply.header('openai-processing-ms', processingMs(record))
    // A request that was refused before its body was read is shown now.
    recorder.announce(record)
  })
  app.addHook('onResponse', async (request) => {
    const record = records.get(request)
    record?.finish(record.fault === undefined ? 'completed' : 'fault')
  })
}

/** How long a request has taken so far, in whole milliseconds. */
export function processingMs(record: RecordedRequest): number {
  return Math.max(1, Math.round(performance.timeOrigin + performance.now() - record.startedAt))
}

/** Whether a path belongs to a provider's API and not to the server's own routes. */
export function isApi(url: string): boolean {
  return url === '/v1' || url.startsWith('/v1/') || url.startsWith('/v1beta/')
}
