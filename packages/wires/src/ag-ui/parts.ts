import { type DataPart, data } from '@sluice/core'
import type { AgUiInterrupt, AgUiPartEvent, JsonPatchOperation } from './events.ts'

/** The name of the data parts that this wire sends as events of AG-UI. Clients of other wires get them as data. */
export const AG_UI_PART = 'ag-ui'

/** What a data part with the name {@link AG_UI_PART} brings. */
export type AgUiPartData = AgUiPartEvent | { readonly type: 'INTERRUPT'; readonly interrupt: AgUiInterrupt }

type AgUiPart = DataPart<typeof AG_UI_PART, AgUiPartData>

/**
 * The state that the agent shares with the page, as a whole: `STATE_SNAPSHOT`.
 *
 * @param snapshot any JSON value
 *
 * @example
 * yield stateSnapshot({ plan: ['look it up', 'answer'], done: 0 })
 */
export function stateSnapshot(snapshot: unknown): AgUiPart {
  return part({ type: 'STATE_SNAPSHOT', snapshot: snapshot ?? null })
}

/**
 * A change of the shared state: `STATE_DELTA`.
 *
 * @param delta a JSON Patch (RFC 6902)
 *
 * @example
 * yield stateDelta([{ op: 'replace', path: '/done', value: 1 }])
 */
export function stateDelta(delta: readonly JsonPatchOperation[]): AgUiPart {
  return part({ type: 'STATE_DELTA', delta })
}

/**
 * The messages of the whole conversation, in their order, in the form of AG-UI: `MESSAGES_SNAPSHOT`. The client takes them
 * in place of those that it has.
 */
export function messagesSnapshot(messages: readonly object[]): AgUiPart {
  return part({ type: 'MESSAGES_SNAPSHOT', messages })
}

/**
 * Progress that the page shows as a message of its own: `ACTIVITY_SNAPSHOT`. TanStack AI's client does not show it.
 *
 * @param activity.messageId unique in the conversation; a later snapshot with the same id takes the place of this one
 *
 * @example
 * yield activitySnapshot({ messageId: 'search-1', activityType: 'search', content: { found: 12 } })
 */
export function activitySnapshot(activity: {
  readonly messageId: string
  readonly activityType: string
  readonly content: Readonly<Record<string, unknown>>
  /** Whether it takes the place of an earlier snapshot with this id. @default true */
  readonly replace?: boolean
}): AgUiPart {
  return part({ type: 'ACTIVITY_SNAPSHOT', ...activity })
}

/** A change of an activity's content: `ACTIVITY_DELTA`. Its `patch` is a JSON Patch (RFC 6902). */
export function activityDelta(change: {
  readonly messageId: string
  readonly activityType: string
  readonly patch: readonly JsonPatchOperation[]
}): AgUiPart {
  return part({ type: 'ACTIVITY_DELTA', ...change })
}

/**
 * The run needs something from a person: it finishes with the outcome `interrupt`. The answer comes with the next run of the
 * thread, as `resume`. Several interrupts are one outcome. Yield it in the last round, and then end the source.
 *
 * @example
 * yield interrupt({ id: call.id, reason: 'approval_required', message: 'Send the mail?', toolCallId: call.id })
 */
export function interrupt(wanted: AgUiInterrupt): AgUiPart {
  return part({ type: 'INTERRUPT', interrupt: wanted })
}

function part(value: AgUiPartData): AgUiPart {
  return data(AG_UI_PART, value)
}

/**
 * What a data part with the name {@link AG_UI_PART} brings. `undefined`: it has another form, because it was not made here.
 * A client fails on an event of AG-UI that has not its form.
 */
export function partDataOf(value: unknown): AgUiPartData | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const fields = value as Readonly<Record<string, unknown>>
  const { type } = fields
  if (typeof type !== 'string' || !Object.hasOwn(HAS_FORM, type)) return undefined
  return HAS_FORM[type as AgUiPartData['type']](fields) ? (value as AgUiPartData) : undefined
}

type Fields = Readonly<Record<string, unknown>>

const HAS_FORM: Readonly<Record<AgUiPartData['type'], (fields: Fields) => boolean>> = {
  STATE_SNAPSHOT: (fields) => 'snapshot' in fields,
  STATE_DELTA: ({ delta }) => isPatch(delta),
  MESSAGES_SNAPSHOT: ({ messages }) => Array.isArray(messages) && messages.every(isMessage),
  ACTIVITY_SNAPSHOT: (fields) => isActivity(fields) && isRecord(fields.content),
  ACTIVITY_DELTA: (fields) => isActivity(fields) && isPatch(fields.patch),
  INTERRUPT: ({ interrupt: wanted }) => isRecord(wanted) && areTexts(wanted.id, wanted.reason),
}

function isActivity({ messageId, activityType }: Fields): boolean {
  return areTexts(messageId, activityType)
}

function isMessage(message: unknown): boolean {
  return isRecord(message) && areTexts(message.id, message.role)
}

function isPatch(patch: unknown): boolean {
  return (
    Array.isArray(patch) &&
    patch.every((operation) => isRecord(operation) && areTexts(operation.op, operation.path))
  )
}

function areTexts(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string')
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
