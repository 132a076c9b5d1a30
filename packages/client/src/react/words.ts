import type { Snapshot } from '../snapshot.ts'

/** The texts of {@link StreamingChat}; each can be replaced. */
export interface StreamingChatWords {
  /** The label of the text field. @default 'Message' */
  readonly message: string
  /** The name of the answer's region. @default 'Answer' */
  readonly answer: string
  /** @default 'Start' */
  readonly start: string
  /** @default 'Stop' */
  readonly stop: string
  /** @default 'Try again' */
  readonly retry: string
  /** @default 'Dismiss' */
  readonly dismiss: string
  /**
   * The state. A screen reader speaks it whenever it changes, so it is to speak of the state and not of the text.
   * @default English
   */
  readonly status: (snapshot: Snapshot) => string
  /** Said when the server could not be told to stop. @default 'It could not be stopped.' */
  readonly notStopped: string
}

export const ENGLISH: StreamingChatWords = {
  message: 'Message',
  answer: 'Answer',
  start: 'Start',
  stop: 'Stop',
  retry: 'Try again',
  dismiss: 'Dismiss',
  status: statusInEnglish,
  notStopped: 'It could not be stopped.',
}

function statusInEnglish({ state, detached, cancelling, waiting, error }: Snapshot): string {
  if (cancelling) return 'Stopping …'
  if (waiting?.for === 'online') return 'No network. It goes on as soon as there is one.'
  if (waiting?.for === 'retry' && waiting.error.type === 'producer_lost')
    return 'The server was lost. Another one begins the answer anew …'
  if (waiting?.for === 'retry') return 'The connection was lost. Trying again …'
  if (waiting?.for === 'turn') return 'Waiting for a free connection …'
  switch (state) {
    case 'completed':
      return 'The answer is complete.'
    case 'cancelled':
      return 'Stopped.'
    case 'error':
      return error?.message ?? 'It failed.'
    case 'connecting':
      return 'Connecting …'
    default:
      return detached || state === 'idle' ? '' : 'Answering …'
  }
}
