import { StreamingError } from '@sluice/core'

/**
 * The URL, resolved against the page's.
 * @throws {StreamingError} `invalid_request` where it is none: `fetch` answers that as it does a broken network, and
 * would be asked again for minutes.
 */
export function absoluteUrl(url: string): string {
  try {
    return new URL(url, globalThis.location?.href).href
  } catch (cause) {
    throw new StreamingError('invalid_request', `'${url}' is no absolute URL.`, { cause })
  }
}
