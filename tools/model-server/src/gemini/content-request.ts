import { z } from 'zod'

const part = z.object({ text: z.string().optional(), functionResponse: z.unknown().optional() })

const content = z.object({ role: z.string().optional(), parts: z.array(part).optional() })

const declaration = z.object({
  name: z.string(),
  parameters: z.unknown().optional(),
  parametersJsonSchema: z.unknown().optional(),
})

/** The body of `POST /v1/models/…:streamGenerateContent`, as far as it makes a difference here. */
export const contentRequest = z.object({
  contents: z.array(content).min(1),
  systemInstruction: content.optional(),
  generationConfig: z
    .object({
      maxOutputTokens: z.number().int().min(1).optional(),
      stopSequences: z.array(z.string()).optional(),
    })
    .optional(),
  tools: z.array(z.object({ functionDeclarations: z.array(declaration).optional() })).optional(),
})

/** The body of `POST /v1/models/…:streamGenerateContent`, as far as it makes a difference here. */
export type ContentRequest = z.output<typeof contentRequest>

/** The text of a content, its parts joined. */
export function textOf(said: z.output<typeof content> | undefined): string {
  return (said?.parts ?? []).map(({ text }) => text ?? '').join('\n')
}
