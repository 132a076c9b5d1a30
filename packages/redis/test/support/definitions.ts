import { openaiResponses } from '@sluice/core/openai'
import { type AnyStreamDefinition, defineStream } from '@sluice/core/server'
import OpenAI from 'openai'
import { z } from 'zod'

/** A response in the background at the provider with this address, that outlives the server that asked for it. */
export function backgroundChat(baseURL: string): AnyStreamDefinition {
  const openai = new OpenAI({ apiKey: 'test', baseURL, logLevel: 'off' })
  return defineStream({
    input: z.string(),
    onProducerLost: 'restart',
    run: (context) =>
      openaiResponses(openai, { model: 'gpt-5-mini', input: context.input, background: true }, context),
  })
}
