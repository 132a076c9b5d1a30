/**
 * The events of AG-UI, version 1.0, as far as Sluice sends them.
 * https://docs.ag-ui.com/concepts/events
 */
export type AgUiEvent = { readonly metadata?: Readonly<Record<string, unknown>> } & (
  | {
      readonly type: 'RUN_STARTED'
      readonly threadId: string
      readonly runId: string
      readonly protocolVersion: string
    }
  | { readonly type: 'STEP_STARTED' | 'STEP_FINISHED'; readonly stepName: string }
  | { readonly type: 'TEXT_MESSAGE_START'; readonly messageId: string; readonly role: 'assistant' }
  | { readonly type: 'REASONING_MESSAGE_START'; readonly messageId: string; readonly role: 'reasoning' }
  | {
      readonly type: 'TEXT_MESSAGE_CONTENT' | 'REASONING_MESSAGE_CONTENT'
      readonly messageId: string
      readonly delta: string
    }
  | {
      readonly type: 'TEXT_MESSAGE_END' | 'REASONING_START' | 'REASONING_MESSAGE_END' | 'REASONING_END'
      readonly messageId: string
    }
  | {
      readonly type: 'TOOL_CALL_START'
      readonly toolCallId: string
      readonly toolCallName: string
      readonly parentMessageId: string
    }
  | { readonly type: 'TOOL_CALL_ARGS'; readonly toolCallId: string; readonly delta: string }
  | { readonly type: 'TOOL_CALL_END'; readonly toolCallId: string }
  | {
      readonly type: 'TOOL_CALL_RESULT'
      readonly messageId: string
      readonly toolCallId: string
      readonly content: string
      readonly role: 'tool'
    }
  | AgUiPartEvent
  | { readonly type: 'CUSTOM'; readonly name: string; readonly value: unknown }
  | {
      readonly type: 'RUN_FINISHED'
      readonly threadId: string
      readonly runId: string
      readonly outcome: AgUiOutcome
      readonly usage?: readonly AgUiUsage[]
    }
  | { readonly type: 'RUN_ERROR'; readonly message: string; readonly code: string }
)

/** The events that an application makes by a part: `stateSnapshot()` and its neighbours. */
export type AgUiPartEvent =
  | { readonly type: 'STATE_SNAPSHOT'; readonly snapshot: unknown }
  | { readonly type: 'STATE_DELTA'; readonly delta: readonly JsonPatchOperation[] }
  | { readonly type: 'MESSAGES_SNAPSHOT'; readonly messages: readonly object[] }
  | {
      readonly type: 'ACTIVITY_SNAPSHOT'
      readonly messageId: string
      readonly activityType: string
      readonly content: Readonly<Record<string, unknown>>
      readonly replace?: boolean
    }
  | {
      readonly type: 'ACTIVITY_DELTA'
      readonly messageId: string
      readonly activityType: string
      readonly patch: readonly JsonPatchOperation[]
    }

/** One operation of a JSON Patch (RFC 6902, section 4). `path` and `from` are JSON Pointers (RFC 6901). */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string }

/**
 * Why a run ended. `pendingToolCallIds`: the calls without a result, which are the client's to run. `interrupt`: the next run
 * of the thread brings the answers, in its `resume`.
 */
export type AgUiOutcome =
  | { readonly type: 'success'; readonly pendingToolCallIds?: readonly string[] }
  | { readonly type: 'cancelled' }
  | { readonly type: 'interrupt'; readonly interrupts: readonly AgUiInterrupt[] }

/** Something that a run needs from a person before it can continue: an approval, a missing value. */
export interface AgUiInterrupt {
  /** The client's `resume` names it. */
  readonly id: string
  /** Any word: `approval_required`. */
  readonly reason: string
  /** A sentence for the person who answers. */
  readonly message?: string
  /** The tool call that waits for an approval. */
  readonly toolCallId?: string
  /** A JSON Schema of the answer, from which a client can build a form. */
  readonly responseSchema?: Readonly<Record<string, unknown>>
  /** ISO 8601. */
  readonly expiresAt?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** The provider's counts, in tokens. */
export interface AgUiUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly totalTokens: number
  readonly reasoningTokens?: number
  readonly cachedInputTokens?: number
}
