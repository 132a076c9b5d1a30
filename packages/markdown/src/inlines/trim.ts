import type { InlineContext } from './state.ts'

const ENTITY_START = /^&[#a-z0-9]*$/i

/** The length of a text without these characters at its end. */
export function lengthWithout(text: string, chars: string): number {
  let end = text.length
  while (end > 0 && chars.includes(text[end - 1]!)) end--
  return end
}

/** Without white space at its end. */
export function trimSpace(text: string): string {
  return text.slice(0, lengthWithout(text, ' \t\n'))
}

/** Without what could still become a marker at the end of a text that grows. */
export function trimUndecided(text: string, { hasFootnote, citations, math }: InlineContext): string {
  let end = lengthWithout(text, math === null ? '*_~`[\\< \t\n' : '*_~`[\\< \t\n$')
  const call = hasFootnote !== null ? text.lastIndexOf('[^', end - 1) : -1
  if (call !== -1 && /^\[\^[^\s[\]]{0,300}$/.test(text.slice(call, end))) end = call
  const source = citations ? text.lastIndexOf('【', end - 1) : -1
  if (source !== -1 && end - source < 270 && text.indexOf('】', source) === -1) end = source
  const ampersand = text.lastIndexOf('&', end - 1)
  const isEntity = ampersand >= end - 32 && ampersand !== -1 && ENTITY_START.test(text.slice(ampersand, end))
  return text.slice(0, isEntity ? ampersand : end)
}
