import { StreamingError } from '../../errors.ts'
import type { StreamEvent, Usage, WithoutChunkId } from '../../events.ts'
import { isBase64, isLink, isMediaType } from '../../part-fields.ts'
import type { FilePart, FinishPart, Part, SourcePart } from '../../parts.ts'

/** An event whose calls are not numbered yet: the part writer does that. */
export type UnnumberedEvent = WithoutChunkId<StreamEvent>

/**
 * The event for a part that is not text. It has the fields of its type and no others: a `chunk_id` would be ours.
 * @throws {StreamingError} if it is no part, or a field is not of its type; the `cause` names both.
 */
export function eventOfPart(part: Exclude<Part, string>): UnnumberedEvent {
  switch (part.type) {
    case 'tool_call': {
      const { index, id, name, arguments: fragment } = part
      if (!isCount(index)) throw wrongField('tool_call', 'index', index, 'an integer of 0 or more')
      return { type: 'tool_call_chunk', index, ...texts('tool_call', { id, name, arguments: fragment }) }
    }
    case 'tool_result': {
      const { id, output = null, isError = false } = part
      if (typeof id !== 'string' || id === '') throw wrongField('tool_result', 'id', id, 'the id of a call')
      if (typeof isError !== 'boolean') throw wrongField('tool_result', 'isError', isError, 'a boolean')
      return { type: 'tool_result', index: 0, id, output, is_error: isError }
    }
    case 'data':
      if (typeof part.name !== 'string') throw wrongField('data', 'name', part.name, 'a string')
      return { type: 'data_chunk', name: part.name, data: part.data }
    case 'source':
      return sourceEvent(part)
    case 'file':
      return fileEvent(part)
  }
  throw unknownPart(part)
}

function sourceEvent({ id, url, title, quote, start, end }: SourcePart): UnnumberedEvent {
  if ((id ?? url ?? title) === undefined) throw wrongField('source', 'url', url, 'there, or an id or a title')
  for (const [field, value] of Object.entries({ start, end })) {
    if (value !== undefined && !isCount(value))
      throw wrongField('source', field, value, 'an integer of 0 or more')
  }
  const range = { ...(start !== undefined && { start }), ...(end !== undefined && { end }) }
  return { type: 'source', ...texts('source', { id, url: link('source', url), title, quote }), ...range }
}

function fileEvent({ mediaType, url, data, name }: FilePart): UnnumberedEvent {
  if (!isMediaType(mediaType)) {
    throw wrongField('file', 'mediaType', mediaType, "a media type such as 'image/png'")
  }
  if ((url === undefined) === (data === undefined)) {
    throw wrongField('file', 'data', data, 'there if there is no url, and only then')
  }
  if (data !== undefined && !isBase64(data)) throw wrongField('file', 'data', data, 'base64 with its padding')
  return { type: 'file', media_type: mediaType, ...texts('file', { url: link('file', url), data, name }) }
}

/** The fields of a finish. The numbers of a usage are checked: they go to viewers, and are added up. */
export function finishOf({
  finishReason,
  providerReason,
  usage,
  message,
}: FinishPart): Omit<FinishPart, 'type'> {
  if (typeof finishReason !== 'string') throw wrongField('finish', 'finishReason', finishReason, 'a string')
  return {
    finishReason,
    ...(providerReason !== undefined && { providerReason }),
    ...(usage !== undefined && { usage: usageOf(usage) }),
    ...(message !== undefined && { message }),
  }
}

function usageOf(usage: Usage): Usage {
  if (typeof usage !== 'object' || usage === null) throw wrongField('finish', 'usage', usage, 'an object')
  const { input_tokens, output_tokens, total_tokens, cached_tokens, reasoning_tokens, details } = usage
  const isRecord = details === undefined || (typeof details === 'object' && details !== null)
  if (!isRecord) throw wrongField('finish', 'usage.details', details, 'an object of numbers')
  return {
    ...numbers('usage', { input_tokens, output_tokens, total_tokens }),
    ...numbers('usage', given({ cached_tokens, reasoning_tokens })),
    ...(details !== undefined && { details: numbers('usage.details', details) }),
  } as unknown as Usage
}

function numbers(place: string, fields: Readonly<Record<string, unknown>>): Record<string, number> {
  for (const [field, value] of Object.entries(fields)) {
    if (!Number.isFinite(value)) throw wrongField('finish', `${place}.${field}`, value, 'a finite number')
  }
  return { ...fields } as Record<string, number>
}

/** The fields that are there, all of them text. */
function texts(type: string, fields: Readonly<Record<string, unknown>>): Record<string, string> {
  const present = given(fields)
  for (const [field, value] of Object.entries(present)) {
    if (typeof value !== 'string') throw wrongField(type, field, value, 'a string')
  }
  return present as Record<string, string>
}

function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function link(type: string, url: unknown): unknown {
  if (typeof url !== 'string') return url
  if (!isLink(url)) throw wrongField(type, 'url', url, 'an http(s) URL, or a relative one')
  return url
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** The value itself is not said: it may be a part of the answer, which is not logged. */
export function wrongField(type: string, field: string, value: unknown, must: string): StreamingError {
  const kind = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value
  return new StreamingError('unexpected_error', undefined, {
    cause: new TypeError(`run yielded a ${type} part whose '${field}' (${kind}) must be ${must}.`),
  })
}

/** Whether a part is text without a character: a sign of life, and no event. */
export function isEmptyText(part: Exclude<Part, FinishPart>): boolean {
  if (typeof part === 'string') return part === ''
  return (part?.type === 'content' || part?.type === 'reasoning') && part.content === ''
}

/** Whether a part is the end of a round. */
export function isFinish(part: Part): part is FinishPart {
  return typeof part === 'object' && part?.type === 'finish'
}

/** The error of a source that yields a value that is no part: the application's mistake. The value is not sent. */
export function unknownPart(part: unknown): StreamingError {
  const what =
    typeof part === 'object' && part !== null
      ? `an object of type '${String((part as { type?: unknown }).type)}'`
      : String(part)
  return new StreamingError('unexpected_error', undefined, {
    cause: new TypeError(
      `run yielded ${what}: a part is a string, or has a type of content, reasoning, tool_call, tool_result, data, source, file or finish, and its fields.`,
    ),
  })
}
