#!/usr/bin/env node
import { type CommandLineOptions, helpText, readCommandLine } from './command-line.ts'
import type { ModelRequest } from './recording/recorder.ts'
import { type ModelServer, startModelServer } from './server.ts'

try {
  const options = readCommandLine(process.argv.slice(2))
  if (options === undefined) console.log(helpText())
  else await serve(options)
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\nRun with --help for all options.`)
  process.exitCode = 1
}

async function serve({ verbose = false, ...options }: CommandLineOptions): Promise<void> {
  const server = await startModelServer(options).catch((error: NodeJS.ErrnoException) => {
    console.error(explained(error, options))
    process.exitCode = 1
  })
  if (server === undefined) return
  console.log(`Model server on ${server.url} (baseURL ${server.baseURL})`)
  if (options.inspectionToken === undefined) console.log(`Inspection token: ${server.inspectionToken}`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close())
  if (verbose) await report(server)
}

function explained(error: NodeJS.ErrnoException, { port, host }: CommandLineOptions): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken. Choose another with --port, or --port 0 for a free one.`
    case 'EACCES':
      return `Port ${port} needs more rights than this user has. Choose one above 1023 with --port.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `This machine has no address ${host}. Choose another with --host.`
    default:
      return `The model server could not start: ${error.message}`
  }
}

async function report(server: ModelServer): Promise<void> {
  try {
    for (;;) {
      const request = await server.nextRequest()
      void request.ended.then(() => console.log(line(request)))
    }
  } catch {
    // The server was closed: there is no next request.
  }
}

function line({ method, path, status, outcome, fault, tokens, startedAt, finishedAt }: ModelRequest): string {
  const tookMs = Math.round((finishedAt ?? startedAt) - startedAt)
  return [method, path, status ?? '-', outcome, fault && `(${fault})`, `${tokens} tokens`, `${tookMs} ms`]
    .filter(Boolean)
    .join(' ')
}
