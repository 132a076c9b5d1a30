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
export { agUiEvents } from './wire.ts'
