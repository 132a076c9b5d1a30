// #region types
import { type Chat, useChat } from '@ai-sdk/react'
import type { UiDataTypes, UiMessageMetadata } from '@sluice/wires/ai-sdk'
import type { UIMessage } from 'ai'
import type { Streams } from './server.ts'

export type Message = UIMessage<UiMessageMetadata, UiDataTypes<Streams['chat']>>

export function useProgress(chat: Chat<Message>): number {
  const { messages } = useChat({ chat })
  const part = messages.at(-1)?.parts.find((part) => part.type === 'data-progress')
  return part?.data.asked ?? 0
}
// #endregion
