import { type ReactElement, useEffect, useRef, useState } from 'react'
import type { Conversation } from '../../shared/api.ts'
import { IconButton } from '../parts/icon-button.tsx'
import { share, unshare } from '../state/conversations.ts'
import { attempt } from '../state/notice.ts'

interface ShareDialogProps {
  readonly conversation: Conversation
  readonly onClose: () => void
}

/** Makes a link with which others can watch, and takes it back. */
export function ShareDialog({ conversation, onClose }: ShareDialogProps): ReactElement {
  const { id, share: shared } = conversation
  const dialog = useRef<HTMLDialogElement>(null)
  const [hasCopied, setHasCopied] = useState(false)
  const link = shared && new URL(shared.path, location.origin).href
  useEffect(() => dialog.current?.showModal(), [])

  const copy = () =>
    attempt('Could not copy it.', async () => {
      await navigator.clipboard.writeText(link ?? '')
      setHasCopied(true)
    })
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="share-heading" onClose={onClose}>
      <div className="dialog-head">
        <h2 id="share-heading">Watch together</h2>
        <IconButton icon="close" label="Close" onClick={onClose} />
      </div>
      <p>
        Everybody with the link sees this conversation, word by word as it comes. They cannot ask, stop or
        change it.
      </p>
      {link === null ? (
        <button
          type="button"
          className="strong-button"
          onClick={() => attempt('Could not share it.', () => share(id))}
        >
          Make a link
        </button>
      ) : (
        <>
          <div className="share-link">
            <input readOnly aria-label="Link" value={link} onFocus={({ target }) => target.select()} />
            <button type="button" className="strong-button" onClick={copy}>
              {hasCopied ? 'Copied' : 'Copy'}
            </button>
          </div>
          <button
            type="button"
            className="quiet-button"
            onClick={() => attempt('Could not take it back.', () => unshare(id))}
          >
            Stop sharing
          </button>
        </>
      )}
    </dialog>
  )
}
