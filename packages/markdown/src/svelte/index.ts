import { TextFollower } from '../follow.ts'
import type { MarkdownViewOptions } from '../options.ts'
import { createMarkdownView } from '../view.ts'

/** The parameters of the action. */
export interface StreamingMarkdownParameters {
  /** The whole text so far. When it is no continuation of the last one, the view begins anew. */
  readonly text: string
  /**
   * Whether the text is complete.
   * @default false
   */
  readonly complete?: boolean
  /** Read once, when the element mounts. */
  readonly options?: MarkdownViewOptions
}

/** Svelte calls these when the parameters change, and when the element is removed. */
export interface StreamingMarkdownAction {
  update(parameters: StreamingMarkdownParameters): void
  destroy(): void
}

/**
 * A growing Markdown text for Svelte, as an action (Svelte 3 and newer): `<div use:streamingMarkdown={{ text }} />`.
 * Errors are reported to the page, or to `options.onError`.
 */
export function streamingMarkdown(
  element: HTMLElement,
  parameters: StreamingMarkdownParameters,
): StreamingMarkdownAction {
  // A container of its own: the view's status stands beside it, and goes with the element.
  const container = element.appendChild(element.ownerDocument.createElement('div'))
  const view = createMarkdownView(container, parameters.options)
  const follower = new TextFollower(view)
  const update = ({ text, complete = false }: StreamingMarkdownParameters): void => {
    void follower.follow(text, complete)
  }
  update(parameters)
  return { update, destroy: () => view.destroy() }
}
