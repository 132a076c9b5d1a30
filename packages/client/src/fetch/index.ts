export type { ResumingFetchOptions } from './options.ts'
export { type ResumingFetch, resumingFetch } from './resuming-fetch.ts'
