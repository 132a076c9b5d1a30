import type { Errors } from '../render/errors.ts'

/** Asks whether a link may be followed; `false` stays on the page. */
export type ConfirmLink = (url: string) => boolean | Promise<boolean>

/** Follows a link, if the application agrees. */
export async function followLink(
  view: Window,
  url: string,
  inNewTab: boolean,
  confirm: ConfirmLink,
  errors: Errors,
): Promise<void> {
  try {
    if (!(await confirm(url))) return
  } catch (error) {
    errors.report('confirmLink', error)
    return
  }
  if (inNewTab) view.open(url, '_blank', 'noopener,noreferrer')
  else view.location.assign(url)
}
