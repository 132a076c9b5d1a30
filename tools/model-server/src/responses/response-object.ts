import type { Response, ResponseOutputItem, ResponseUsage } from 'openai/resources/responses/responses'
import type { ResponseRequest } from './response-request.ts'

/** The fields of a request that are echoed unchanged; a client may send more than its types allow. */
type Echoed = 'tools' | 'tool_choice' | 'text' | 'reasoning' | 'truncation'

/** A response as it goes over the wire; `output_text` is the client's own addition. */
export type ResponseObject = Omit<Response, 'output_text' | 'usage' | Echoed> &
  Readonly<Record<Echoed, unknown>> & { usage: ResponseUsage | null; store: boolean }

/** The fields of a response that change with its progress. */
export type Progress = Pick<
  ResponseObject,
  'status' | 'error' | 'incomplete_details' | 'usage' | 'completed_at'
> & {
  readonly output: ResponseOutputItem[]
}

/** The part of a response that never changes: who it is, and what the request asked for. */
export function responseFacts(request: ResponseRequest, id: string, model: string) {
  return {
    id,
    object: 'response' as const,
    created_at: Math.floor(Date.now() / 1000),
    access_programs: null,
    background: request.background ?? false,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: null,
    model,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    reasoning: request.reasoning ?? { effort: null, summary: null },
    service_tier: 'default' as const,
    store: request.store ?? true,
    temperature: request.temperature ?? 1,
    text: request.text ?? { format: { type: 'text' }, verbosity: 'medium' },
    tool_choice: request.tool_choice ?? 'auto',
    tools: request.tools ?? [],
    top_logprobs: 0,
    top_p: request.top_p ?? 1,
    truncation: request.truncation ?? 'disabled',
    metadata: request.metadata ?? {},
    ...(request.user ? { user: request.user } : {}),
  }
}
