import { z } from 'zod'

interface Schema {
  readonly type?: unknown
  readonly enum?: readonly unknown[] | undefined
  readonly const?: unknown
  readonly default?: unknown
  readonly items?: unknown
  readonly properties?: Readonly<Record<string, unknown>> | undefined
}

const schemaShape = z.object({
  type: z.unknown().optional(),
  enum: z.array(z.unknown()).min(1).optional(),
  const: z.unknown().optional(),
  default: z.unknown().optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
})

/**
 * Makes arguments for a tool that fit the common part of its JSON Schema: types, `enum`, `const`, `default`,
 * `properties` and `items`. Every property is filled in, with the question wherever a text is wanted.
 *
 * @param parameters - the tool's JSON Schema
 * @param question - what the user asked
 */
export function exampleArguments(parameters: unknown, question: string): unknown {
  const parsed = schemaShape.safeParse(parameters)
  return parsed.success ? example(parsed.data, question) : {}
}

function example(schema: Schema, question: string): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.default !== undefined) return schema.default
  if (schema.enum !== undefined) return schema.enum[0]
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'string':
      return question
    case 'number':
    case 'integer':
      return 42
    case 'boolean':
      return true
    case 'null':
      return null
    case 'array':
      return [exampleArguments(schema.items, question)]
    default:
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, property]) => [
          name,
          exampleArguments(property, question),
        ]),
      )
  }
}
