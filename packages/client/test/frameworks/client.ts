import { createClient, sse } from '../../src/index.ts'
import type { Streams } from './streams.ts'

export const client = createClient<Streams>({ transport: sse({ url: '/streams' }) })
