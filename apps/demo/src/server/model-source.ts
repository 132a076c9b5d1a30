import type { RunTimeouts } from '@sluice/core/server'
import { startModelServer } from '@sluice/model-server'
import { OpenAI } from 'openai'
import type { Model } from '../shared/api.ts'
import type { ModelSettings } from './settings.ts'

/** A provider of answers, ready for requests. */
export interface ModelSource {
  readonly client: OpenAI
  /** The models that a visitor may choose; the first is the default. */
  readonly models: readonly [Model, ...Model[]]
  /** For people: `OpenAI`, `localhost:11434`, … */
  readonly name: string
  /** Whether it fails on request: the local model server does. */
  readonly takesFaults: boolean
  /** How long it may be silent. */
  readonly timeouts: RunTimeouts
  /** Closes everything that was started for it. */
  close(): Promise<void>
}

/** A model that thinks may be silent for long before its first word. */
const PATIENT: RunTimeouts = { firstChunkMs: 120_000, chunkMs: 60_000 }

/** The special models of our own model server, and its timeouts, short so that a stall is noticed soon. */
export const LOCAL = {
  name: 'local model server',
  takesFaults: true,
  timeouts: { firstChunkMs: 8_000, chunkMs: 8_000 },
  special: [
    { id: 'sluice-reasoning', label: 'thinks first, then answers' },
    { id: 'sluice-tools', label: 'calls tools, then answers' },
    { id: 'sluice-long-4k', label: 'a long answer of 4,000 tokens' },
  ],
} as const satisfies Pick<ModelSource, 'name' | 'takesFaults' | 'timeouts'> & { special: readonly Model[] }

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
      const local = localModels(asking(LOCAL.name, model, address))
      return { ...local, close: () => server.close() }
    }
  }
}

/** A source that is our own model server: it has more models, and fails on request. */
export function localModels(source: ModelSource): ModelSource {
  const { special, ...local } = LOCAL
  return { ...source, ...local, models: [...source.models, ...special] }
}

function asking(
  name: string,
  model: string,
  { apiKey, baseURL }: { readonly apiKey: string; readonly baseURL: string },
): ModelSource {
  return {
    client: new OpenAI({ apiKey, baseURL }),
    models: [{ id: model, label: 'answers the question' }],
    name,
    takesFaults: false,
    timeouts: PATIENT,
    close: async () => {},
  }
}
