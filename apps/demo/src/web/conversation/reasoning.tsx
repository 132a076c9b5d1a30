import { type ReactElement, useId } from 'react'
import { Icon } from '../parts/icons.tsx'

interface ReasoningProps {
  readonly text: string
  /** The answer itself has not begun. */
  readonly isThinking: boolean
}

/** The reasoning of the model before its answer, folded away. */
export function Reasoning({ text, isThinking }: ReasoningProps): ReactElement {
  const id = useId()
  return (
    <details className="reasoning" data-thinking={isThinking}>
      <summary id={id}>
        <Icon name="bulb" />
        {isThinking ? 'Thinking' : 'Thoughts'}
        <Icon name="chevron" />
      </summary>
      <section className="reasoning-text" aria-labelledby={id} dir="auto">
        {text}
      </section>
    </details>
  )
}
