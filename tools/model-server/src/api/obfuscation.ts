const letters = 'XkQ2vN8rTz5wLbYc'

/**
 * Padding for an event, as OpenAI adds it so that the length of a packet does not tell the length of a token:
 * together with the text it fills a multiple of 16 characters.
 *
 * @param length - length of the event's text, in UTF-16 units
 */
export function obfuscation(length: number): string {
  return letters.slice(length % letters.length)
}
