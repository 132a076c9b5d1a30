export {
  type PartBegin,
  partsOf,
  StreamingError,
  type StreamState,
  type ToolCall,
  type TranscriptPart,
} from '@sluice/core'
export { type AutoOptions, auto } from './auto.ts'
export {
  type AttachOptions,
  type AttachThreadOptions,
  type ClientOptions,
  createClient,
  type ResumeOptions,
  type StartOptions,
  type StreamClient,
} from './client.ts'
export { Conversation, conversation } from './conversation/conversation.ts'
export type { ConversationSnapshot, ConversationStatus } from './conversation/conversation-snapshot.ts'
export type {
  DataOf,
  FilePart,
  Message,
  MessagePart,
  MessageStatus,
  Remedy,
  StoredMessage,
} from './conversation/message.ts'
export type {
  ConversationOptions,
  ConversationSettings,
  InputContext,
  InputPart,
  MessagesInput,
  SendOptions,
  ToInput,
} from './conversation/options.ts'
export type { Notice } from './session/notice.ts'
export type { SessionStats } from './session/stats.ts'
export type { Delta, StreamSession } from './session/stream-session.ts'
export type { Kept, Snapshot, Waiting } from './snapshot.ts'
export { type SseHeaders, type SseOptions, sse } from './sse/sse.ts'
export type { StreamStorage } from './stored-stream.ts'
export type {
  CancelRequest,
  LatestRequest,
  OpenRequest,
  Reading,
  ResumeRequest,
  StartRequest,
  Transport,
} from './transport.ts'
export type { WebSocketClosing, WebSocketConstructor, WebSocketLike } from './ws/web-socket.ts'
export { type WsInit, type WsOptions, ws } from './ws/ws.ts'
