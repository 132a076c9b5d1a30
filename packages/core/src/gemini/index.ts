export { type GeminiClient, type GeminiContentOptions, geminiContent } from './content.ts'
