export type * from './chunks.ts'
export * from './ui-messages.ts'
