export { type AiSdkResult, aiSdk } from './ai-sdk.ts'
