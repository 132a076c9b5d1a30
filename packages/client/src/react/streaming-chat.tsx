import type { InputOf, StreamShapes } from '@sluice/core'
import {
  type FormEvent,
  type HTMLAttributes,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
  useState,
} from 'react'
import type { StreamClient } from '../client.ts'
import { type UseStreamOptions, useStream } from './use-stream.ts'
import { ENGLISH, type StreamingChatWords } from './words.ts'

/** Properties of {@link StreamingChat}; other properties go to its `section`. */
export interface StreamingChatProps<S extends StreamShapes, N extends keyof S & string>
  extends UseStreamOptions,
    Omit<HTMLAttributes<HTMLElement>, 'children'> {
  /** Made once, outside of the component. */
  readonly client: StreamClient<S>
  /** The definition's name. */
  readonly name: N
  /** Makes the stream's input of what was typed. */
  readonly toInput: (text: string) => InputOf<S[N]>
  /**
   * Shows the answer so far.
   * @default the text as it is, with its line breaks
   */
  readonly renderText?: ((text: string, isComplete: boolean) => ReactNode) | undefined
  /**
   * Texts that replace its own: `message`, `answer`, `start`, `stop`, `retry`, `dismiss`, `notStopped`, and
   * `status`, a function of the snapshot.
   * @default English
   */
  readonly words?: Partial<StreamingChatWords> | undefined
}

/**
 * One question, one answer: a text field with Start, Stop, Try again and Dismiss. The smallest complete example of
 * {@link useStream}, without styles, to be used or copied.
 *
 * The answer stands last, because what is below a growing text moves, and nobody can hit a button that does. It is no
 * live region, because nobody can listen to a text that is spoken from its beginning with every word; the status
 * is. Buttons that do nothing are `aria-disabled` and not `disabled`, so that a focus on them is not lost when the
 * stream ends.
 */
export function StreamingChat<S extends StreamShapes, N extends keyof S & string>({
  client,
  name,
  toInput,
  renderText = plainly,
  words,
  streamId,
  resume,
  onEnd,
  ...rest
}: StreamingChatProps<S, N>): ReactElement {
  const stream = useStream(client, name, { streamId, resume, onEnd })
  const [message, setMessage] = useState('')
  const [isNotStopped, setIsNotStopped] = useState(false)
  const say = { ...ENGLISH, ...words }
  const { isRunning, snapshot, state, session } = stream
  const canStart = !isRunning && message.trim() !== ''
  const canStop = isRunning && !snapshot.cancelling
  const canRetry = stream.canRetry && state !== 'completed' && stream.error?.recoverable !== false

  function start(event: FormEvent): void {
    event.preventDefault()
    if (!canStart) return
    stream.start(toInput(message))
    setMessage('')
    setIsNotStopped(false)
  }

  function startWithEnter(event: KeyboardEvent<HTMLTextAreaElement>): void {
    // While an input method composes, Enter chooses a word; Safari says so with 229 only.
    const isComposing = event.nativeEvent.isComposing || event.keyCode === 229
    if (event.key !== 'Enter' || event.shiftKey || isComposing) return
    event.preventDefault()
    event.currentTarget.form?.requestSubmit()
  }

  async function stop(): Promise<void> {
    setIsNotStopped(false)
    try {
      await stream.stop()
    } catch {
      // The stream goes on, and so does its error, if that is why.
      setIsNotStopped(true)
    }
  }

  return (
    <section {...rest} data-state={state}>
      <form onSubmit={start}>
        <label>
          {say.message}
          <textarea
            value={message}
            onChange={(event) => setMessage(event.target.value)}
            onKeyDown={startWithEnter}
            enterKeyHint="send"
          />
        </label>
        <button type="submit" aria-disabled={!canStart}>
          {say.start}
        </button>
        <button type="button" aria-disabled={!canStop} onClick={() => canStop && stop()}>
          {say.stop}
        </button>
        <button type="button" aria-disabled={!canRetry} onClick={() => canRetry && stream.retry()}>
          {say.retry}
        </button>
        <button type="button" aria-disabled={session === undefined} onClick={stream.dismiss}>
          {say.dismiss}
        </button>
      </form>
      <p role="status">{isNotStopped && isRunning ? say.notStopped : say.status(snapshot)}</p>
      <section aria-label={say.answer}>
        {renderText(stream.text, session !== undefined && !isRunning)}
      </section>
    </section>
  )
}

function plainly(text: string): ReactNode {
  return <div style={{ whiteSpace: 'pre-wrap' }}>{text}</div>
}
