// The same component for servers: what Node loads for `@sluice/markdown/react`.
import { renderView } from '../server/index.ts'
import { onServer } from './on-server.ts'

onServer.render = (text, options) => renderView(text, options)

export * from './index.ts'
