export { StreamingChat, type StreamingChatProps } from './streaming-chat.tsx'
export { type UseStreamOptions, type UseStreamResult, useStream } from './use-stream.ts'
export type { StreamingChatWords } from './words.ts'
