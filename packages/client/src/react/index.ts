export type { UseStreamResult } from './stream-follower.ts'
export { StreamingChat, type StreamingChatProps } from './streaming-chat.tsx'
export { type UseStreamOptions, useStream } from './use-stream.ts'
export type { StreamingChatWords } from './words.ts'
