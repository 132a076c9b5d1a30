export { StreamingError, type StreamState } from '@sluice/core'
export type { StreamStorage } from './bookmark.ts'
export {
  type AttachOptions,
  type ClientOptions,
  createClient,
  type ResumeOptions,
  type StartOptions,
  type StreamClient,
} from './client.ts'
export type { Notice } from './notice.ts'
export type { Kept, Snapshot, ToolCall, Waiting } from './snapshot.ts'
export { type SseHeaders, type SseOptions, sse } from './sse.ts'
export type { SessionStats } from './stats.ts'
export type { Delta, StreamSession } from './stream-session.ts'
export type {
  CancelRequest,
  OpenRequest,
  Reading,
  ResumeRequest,
  StartRequest,
  Transport,
} from './transport.ts'
export type { WebSocketClosing, WebSocketConstructor, WebSocketLike } from './web-socket.ts'
export { type WsInit, type WsOptions, ws } from './ws.ts'
