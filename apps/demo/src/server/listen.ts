import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Settings } from './settings.ts'
import { StartError } from './start-error.ts'

type Address = Pick<Settings, 'host' | 'port'>

/**
 * Begins to listen, and gives the URL for a browser on this machine.
 * @throws {StartError} if it is the address that cannot be had.
 */
export async function listen(app: FastifyInstance, { host, port }: Address): Promise<string> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    throw explained(error, { host, port })
  }
  const { port: actual } = app.server.address() as AddressInfo
  return `http://${nameFor(host)}:${actual}`
}

function nameFor(host: string): string {
  const isEverywhere = host === '0.0.0.0' || host === '::'
  if (isEverywhere) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function explained(error: unknown, { host, port }: Address): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new StartError(`Port ${port} is taken. Choose another: PORT=${another(port)} npm start`)
    case 'EACCES':
      return new StartError(
        `Port ${port} needs more rights than this user has. Choose another: PORT=3001 npm start`,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartError(
        `HOST is "${host}", which is not an address of this machine. Try: HOST=0.0.0.0 npm start`,
      )
    default:
      return error
  }
}

function another(port: number): number {
  return port < 65_535 ? port + 1 : 3001
}
