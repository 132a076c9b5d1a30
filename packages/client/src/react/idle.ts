import type { Snapshot } from '../snapshot.ts'

/** What is known where nothing is followed. */
export const IDLE: Snapshot = {
  state: 'idle',
  ended: false,
  detached: false,
  cancelling: false,
  waiting: null,
  streamId: null,
  model: null,
  text: '',
  revision: 0,
  reasoning: '',
  toolCalls: [],
  usage: null,
  finishReason: null,
  cancelReason: null,
  error: null,
  lastChunkId: 0,
  reconnects: 0,
  gaps: 0,
  repeats: 0,
}
