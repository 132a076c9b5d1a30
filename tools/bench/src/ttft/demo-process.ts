import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../../../apps/demo/dist/server/main.js', import.meta.url))

/** The demo as users run it: built, and in a separate process. */
export interface DemoProcess {
  readonly url: string
  close(): Promise<void>
}

/** @throws {Error} if the demo has not been built, or does not start */
export async function startDemo(baseURL: string, model: string): Promise<DemoProcess> {
  if (!existsSync(MAIN)) throw new Error('The demo has not been built. `npm run build` does that.')
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', OPENAI_BASE_URL: baseURL, OPENAI_MODEL: model },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  let said = ''
  for await (const text of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    said += text
    const url = /http:\/\/\S+:\d+/.exec(said)?.[0]
    if (url === undefined) continue
    child.stdout.resume()
    return {
      url,
      async close() {
        child.kill('SIGTERM')
        await ended
      },
    }
  }
  throw new Error(`The demo did not start:\n${said}`)
}
