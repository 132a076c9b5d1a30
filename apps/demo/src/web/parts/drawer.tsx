import { type ReactElement, type ReactNode, useEffect, useRef } from 'react'

interface DrawerProps {
  /** The name of the drawer for a screen reader. */
  readonly label: string
  readonly side: 'start' | 'end'
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A panel over the page, for pages without room beside them. `<dialog>` keeps the focus in, and closes with Esc. */
export function Drawer({ label, side, isOpen, onClose, children }: DrawerProps): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null)

  useEffect(() => {
    if (isOpen) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isOpen])

  return (
    // Keys have Esc; a click beside the panel is for the pointer alone.
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    <dialog
      ref={dialog}
      className="drawer"
      data-side={side}
      aria-label={label}
      onClose={onClose}
      onClick={({ target }) => target === dialog.current && onClose()}
    >
      {isOpen && children}
    </dialog>
  )
}
