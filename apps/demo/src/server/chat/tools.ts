import type { OpenAI } from 'openai'
import { z } from 'zod'

/** Something that the model may ask this server to do. */
interface Tool {
  readonly description: string
  readonly parameters: z.ZodType
  /** @param input What the model wrote, checked. */
  readonly run: (input: never) => unknown
}

const PLACES = {
  Lisbon: 'Europe/Lisbon',
  'New York': 'America/New_York',
  Nairobi: 'Africa/Nairobi',
  Mumbai: 'Asia/Kolkata',
  Tokyo: 'Asia/Tokyo',
  Auckland: 'Pacific/Auckland',
} as const

const place = z.strictObject({ city: z.enum(Object.keys(PLACES) as [keyof typeof PLACES]) })
const dice = z.strictObject({
  count: z.number().int().min(1).max(100),
  sides: z.number().int().min(2).max(1000),
})

const TOOLS: Readonly<Record<string, Tool>> = {
  time_in: {
    description: 'The date and time in a city.',
    parameters: place,
    run: ({ city }: z.infer<typeof place>) => {
      const format = { dateStyle: 'full', timeStyle: 'short', timeZone: PLACES[city] } as const
      return { city, time: new Intl.DateTimeFormat('en-GB', format).format(new Date()) }
    },
  },
  roll_dice: {
    description: 'Rolls dice, and gives each result and the sum.',
    parameters: dice,
    run: ({ count, sides }: z.infer<typeof dice>) => {
      const rolls = Array.from({ length: count }, () => 1 + Math.floor(Math.random() * sides))
      return { rolls, sum: rolls.reduce((sum, roll) => sum + roll, 0) }
    },
  },
}

/** The result of a call. */
export interface ToolOutput {
  /** A JSON value. */
  readonly output: unknown
  readonly isError: boolean
}

/** The tools as the model gets them: OpenAI's function calling, with each tool's JSON Schema. */
export const TOOL_PARAMS: OpenAI.Chat.ChatCompletionFunctionTool[] = Object.entries(TOOLS).map(
  ([name, { description, parameters }]) => ({
    type: 'function',
    function: { name, description, parameters: z.toJSONSchema(parameters) as Record<string, unknown> },
  }),
)

/**
 * Runs a call of the model. The model gets an error of a call as its result, and may try again.
 * @param json The arguments, as the model wrote them.
 * @param name The name of the tool; `null` if the model gave none.
 */
export function callTool(name: string | null, json: string): ToolOutput {
  const tool = name !== null && Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined
  if (tool === undefined) return failed(`There is no tool named ${name}.`)
  const input = tool.parameters.safeParse(parsed(json))
  if (!input.success) return failed(z.prettifyError(input.error))
  return { output: tool.run(input.data as never), isError: false }
}

function failed(error: string): ToolOutput {
  return { output: { error }, isError: true }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
