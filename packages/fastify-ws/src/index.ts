export type { AttachmentInfo } from './attachment.ts'
export type { ConnectionInfo, SluiceConnections } from './connections.ts'
export { fastifyWs, fastifyWs as default } from './fastify-ws.ts'
export type { FastifyWsOptions } from './options.ts'
