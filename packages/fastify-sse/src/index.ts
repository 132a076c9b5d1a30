export type { HttpStreamingError } from '@sluice/core/transport'
export { exposeFields, type WireAnswerOptions } from './answer.ts'
export { fastifySse, fastifySse as default } from './fastify-sse.ts'
export type {
  CheckedViewing,
  FastifySseOptions,
  StreamAction,
  StreamReplyOptions,
  StreamRoute,
  StreamRouteOptions,
  ViewingOptions,
} from './options.ts'
export {
  type ReplyStreamOptions,
  type StreamThunk,
  streamReply,
} from './stream-reply.ts'
export { type StreamServer, type StreamServerOptions, streamServer } from './stream-server.ts'
