import type { ReactElement } from 'react'
import { IconButton } from '../parts/icon-button.tsx'
import { useExternal } from '../state/preference.ts'
import { theme } from '../state/theme.ts'

const ICONS = { system: 'screen', light: 'sun', dark: 'moon' } as const
const WORDS = { system: 'as the device', light: 'light', dark: 'dark' } as const

/** Light, dark, or as the device has it: a press goes to the next. */
export function ThemeSwitch(): ReactElement {
  const current = useExternal(theme)
  const next = theme.choices[(theme.choices.indexOf(current) + 1) % theme.choices.length] ?? 'system'
  return (
    <IconButton icon={ICONS[current]} label={`Colours: ${WORDS[current]}`} onClick={() => theme.set(next)} />
  )
}
