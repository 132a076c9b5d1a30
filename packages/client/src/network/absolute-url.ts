import { StreamingError } from '@sluice/core'

/**
 * The URL, resolved against the page's base URL (`document.baseURI`), or in a worker against its location.
 * @throws {StreamingError} `invalid_request` if it is none. `fetch` reports that as it reports a broken network,
 * which would be tried again for minutes.
 */
export function absoluteUrl(url: string): string {
  try {
    return new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href).href
  } catch (cause) {
    throw new StreamingError('invalid_request', `'${url}' is no absolute URL, and there is no page.`, {
      cause,
    })
  }
}
