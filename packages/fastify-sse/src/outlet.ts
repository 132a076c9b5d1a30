import type { Readable, Writable } from 'node:stream'

/** Where frames go. */
export interface Outlet {
  /** `false`: it has enough, until its `onReady`. */
  write(frame: Uint8Array | string): boolean
  /** Bytes that were written and have not left the process. */
  unsentBytes(): number
  /** Nothing more comes; what was written still leaves. */
  end(): void
  /** What was written is given up too. */
  destroy(): void
}

/** Straight into a response. */
export function responseOutlet(response: Writable, highWaterMark: number, onReady: () => void): Outlet {
  return {
    write(frame) {
      if (response.writableLength + frame.length < highWaterMark) {
        response.write(frame)
        return true
      }
      // Not `drain`: that knows Node's own mark, and this one may be below it.
      response.write(frame, onReady)
      return false
    },
    unsentBytes: () => response.writableLength,
    end: () => response.end(),
    destroy: () => response.destroy(),
  }
}

/** Into the buffer of a `Readable`, for whatever an `onSend` hook has put between it and the response. */
export function readableOutlet(body: Readable): Outlet {
  return {
    write: (frame) => body.push(frame),
    unsentBytes: () => body.readableLength,
    end: () => body.push(null),
    destroy: () => body.destroy(),
  }
}

/** Whether a destination is the response itself: HTTP/1, HTTP/2 and `inject` have this in common. */
export function isResponse(destination: NodeJS.WritableStream): destination is Writable {
  return 'writeHead' in destination
}
