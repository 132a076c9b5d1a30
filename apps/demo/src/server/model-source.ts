import { startModelServer } from '@sluice/model-server'
import { OpenAI } from 'openai'
import type { ModelSettings } from './settings.ts'

/** Where answers come from, ready to be asked. */
export interface ModelSource {
  readonly client: OpenAI
  readonly model: string
  /** For people: `OpenAI`, `localhost:11434`, … */
  readonly name: string
  /** Lets go of what was started for it. */
  close(): Promise<void>
}

/** Opens what the settings name; the local model server is asked over HTTP like the others. */
export async function openModelSource(settings: ModelSettings): Promise<ModelSource> {
  const { source, model } = settings
  switch (source) {
    case 'openai':
      // Said here, or the client would take what the variable is set to, and it may be set to nothing.
      return asking('OpenAI', model, { apiKey: settings.apiKey, baseURL: 'https://api.openai.com/v1' })
    case 'compatible':
      return asking(new URL(settings.baseURL).host, model, settings)
    case 'local': {
      const server = await startModelServer()
      const address = { apiKey: 'none', baseURL: server.baseURL }
      return { ...asking('local model server', model, address), close: () => server.close() }
    }
  }
}

function asking(
  name: string,
  model: string,
  { apiKey, baseURL }: { readonly apiKey: string; readonly baseURL: string },
): ModelSource {
  return { client: new OpenAI({ apiKey, baseURL }), model, name, close: async () => {} }
}
