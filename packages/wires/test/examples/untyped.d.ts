declare module 'event-source-polyfill' {
  export class EventSourcePolyfill {
    constructor(url: string)
    onmessage: ((event: MessageEvent) => void) | null
    close(): void
  }
}
