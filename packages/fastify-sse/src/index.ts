export type { HttpStreamingError } from '@sluice/core/transport'
export { fastifySse, fastifySse as default } from './fastify-sse.ts'
export type { FastifySseOptions, StreamRouteOptions, ViewingOptions } from './options.ts'
export {
  type ReplyStreamOptions,
  type StreamReplyOptions,
  type StreamThunk,
  streamReply,
} from './stream-reply.ts'
