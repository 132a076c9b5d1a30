export {
  type ChatContentPart,
  type ChatMessage,
  type ChatToolCall,
  toChatMessages,
} from './chat-messages.ts'
export type * from './events.ts'
export {
  AG_UI_PART,
  type AgUiPartData,
  activityDelta,
  activitySnapshot,
  interrupt,
  messagesSnapshot,
  stateDelta,
  stateSnapshot,
} from './parts.ts'
export { type AgUiOptions, agUi } from './plugin.ts'
export type * from './run-input.ts'
export { agUiEvents } from './wire.ts'
