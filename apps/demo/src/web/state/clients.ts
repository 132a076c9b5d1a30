import { createClient, type StreamClient, sse, ws } from '@sluice/client'
import type { Streams } from '../../server/streams.ts'
import { Observation } from '../observation/observation.ts'
import { observedWebSocket } from '../observation/observed-socket.ts'
import { observed } from '../observation/observed-transport.ts'
import { preference, useExternal } from './preference.ts'

/** Which transport answers come over. To change it moves answers that run, too. */
export const transport = preference('sluice-transport', ['sse', 'ws'])

/** The records that the laboratory shows. */
export const observation = new Observation()

const clients = {
  sse: createClient<Streams>({ transport: observed(sse({ url: '/streams' }), observation) }),
  ws: createClient<Streams>({
    transport: observed(ws({ url: '/streams/ws', WebSocket: observedWebSocket(observation) }), observation),
  }),
}

/** The client of the chosen transport. */
export function useChatClient(): StreamClient<Streams> {
  return clients[useExternal(transport)]
}
