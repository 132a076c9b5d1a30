import type { OpenAI } from 'openai'
import type { LabSettings } from '../../shared/api.ts'
import type { ModelSource } from '../model-source.ts'

type ProviderSettings = LabSettings['provider']

/**
 * The provider as a visitor's laboratory has it, for one attempt: the local model server fails on request, by a header
 * (`tools/model-server`). A real provider is left alone.
 * @param attempt 0 for the first.
 */
export function providerFor(
  { client, takesFaults }: Pick<ModelSource, 'client' | 'takesFaults'>,
  settings: ProviderSettings,
  attempt: number,
): { readonly client: OpenAI } {
  const headers = takesFaults ? faultHeaders(settings, attempt) : {}
  return {
    client: Object.keys(headers).length === 0 ? client : client.withOptions({ defaultHeaders: headers }),
  }
}

function faultHeaders(settings: ProviderSettings, attempt: number): Record<string, string> {
  const { tokensPerSecond, attempts } = settings
  const fault = attempt < attempts ? faultOf(settings) : undefined
  return {
    ...(fault === undefined ? {} : { 'x-model-fault': fault }),
    ...(tokensPerSecond === null ? {} : { 'x-model-tokens-per-second': String(tokensPerSecond) }),
  }
}

function faultOf({ fault, retryAfter, afterTokens }: ProviderSettings): string | undefined {
  switch (fault) {
    case 'none':
      return undefined
    case '429':
      return `429; retry-after=${retryAfter}`
    case '500':
      return '500'
    case 'stall':
      return afterTokens === 0 ? 'stall-first-token' : `stall; after=${afterTokens}`
    case 'break_off':
      return `reset; after=${afterTokens}`
  }
}
