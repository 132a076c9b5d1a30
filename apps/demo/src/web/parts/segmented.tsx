import { type ReactElement, type ReactNode, useId } from 'react'

interface SegmentedProps<T extends string> {
  readonly label: string
  readonly options: readonly { readonly value: T; readonly label: ReactNode; readonly title?: string }[]
  readonly value: T
  readonly onChange: (value: T) => void
  readonly isDisabled?: boolean
}

/** One of a few, all in sight: radio buttons, so that arrow keys choose. */
export function Segmented<T extends string>(props: SegmentedProps<T>): ReactElement {
  const { label, options, value, onChange, isDisabled = false } = props
  const name = useId()
  return (
    <fieldset className="segmented" disabled={isDisabled}>
      <legend className="visually-hidden">{label}</legend>
      {options.map((option) => (
        <label key={option.value} title={option.title}>
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </fieldset>
  )
}
