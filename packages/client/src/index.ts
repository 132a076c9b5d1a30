export { StreamingError, type StreamState } from '@sluice/core'
export {
  type AttachOptions,
  type ClientOptions,
  createClient,
  type StartOptions,
  type StreamClient,
} from './client.ts'
export type { Kept, Snapshot, ToolCall, Waiting } from './snapshot.ts'
export { type SseHeaders, type SseOptions, sse } from './sse.ts'
export type { Delta, StreamSession } from './stream-session.ts'
export type {
  CancelRequest,
  OpenRequest,
  Reading,
  ResumeRequest,
  StartRequest,
  Transport,
} from './transport.ts'
export { type WsInit, type WsOptions, ws } from './ws.ts'
export type { WebSocketConstructor, WebSocketLike } from './ws-socket.ts'
