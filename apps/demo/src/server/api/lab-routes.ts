import { StreamingError } from '@sluice/core'
import type { FastifyInstance } from 'fastify'
import {
  type CutResult,
  cut,
  type Lab,
  type LabLimits,
  labChange,
  type Measurements,
} from '../../shared/api.ts'
import type { Killing } from '../lab/killing.ts'
import { type Measured, measure } from '../lab/measure.ts'
import type { Store } from '../store/store.ts'
import { knownVisitor } from '../visitors.ts'
import { checked } from './errors.ts'

/** The parts that the routes use. */
export interface LabRoutesOptions {
  readonly store: Store
  readonly limits: LabLimits
  readonly measured: Measured
  /** Kills a process, if that is allowed. */
  readonly killing: Killing | undefined
}

/** The laboratory: each visitor breaks things for themselves. */
export async function labRoutes(
  app: FastifyInstance,
  { store: { lab, answers }, limits, measured, killing }: LabRoutesOptions,
): Promise<void> {
  app.get('/lab', async (request) => shown(knownVisitor(request)))

  app.patch('/lab', async (request) => {
    const visitor = knownVisitor(request)
    const change = checked(labChange, request.body)
    if (change.provider !== undefined) refuseWhere(limits.provider)
    lab.change(visitor, change)
    return shown(visitor)
  })

  app.delete('/lab', async (request) => {
    const visitor = knownVisitor(request)
    lab.reset(visitor)
    return shown(visitor)
  })

  app.post('/lab/cut', async (request, reply): Promise<CutResult> => {
    const visitor = knownVisitor(request)
    const { forMs } = checked(cut, request.body ?? {})
    const connections = measured.connections.of(visitor).length
    lab.cut(visitor, forMs === 0 ? null : Date.now() + forMs)
    reply.code(202)
    return { connections }
  })

  app.post('/lab/kill', async (request, reply) => {
    const visitor = knownVisitor(request)
    refuseWhere(limits.kill)
    const isRunning = answers.open(visitor).length > 0
    // The answer first: it would die with the process.
    reply.raw.once('finish', () => killing?.request(visitor, isRunning))
    return reply.code(202).send()
  })

  app.get('/lab/measurements', async (request): Promise<Measurements> => {
    return measure(measured, knownVisitor(request))
  })

  function shown(visitor: string): Lab {
    const { settings, offlineUntil } = lab.get(visitor)
    const isOffline = offlineUntil !== null && offlineUntil > Date.now()
    return { settings, limits, offlineUntil: isOffline ? offlineUntil : null }
  }
}

/** @throws {StreamingError} `conflict` with the reason, if there is one. */
function refuseWhere(reason: string | null): void {
  if (reason !== null) throw new StreamingError('conflict', reason)
}
