export type { HttpStreamingError } from '@sluice/core/transport'
export { fastifySse, fastifySse as default } from './fastify-sse.ts'
export type {
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
