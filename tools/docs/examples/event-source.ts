import type { StreamEvent } from '@sluice/core'

declare global {
  var streamId: string
}

// #region event-source
const source = new EventSource(`/streams/chat/${streamId}`)
source.onmessage = ({ data }) => {
  const event: StreamEvent = JSON.parse(data)
  if (event.type === 'content_chunk') document.body.textContent += event.content
  if (event.type === 'stream_retry') document.body.textContent = ''
}

// #endregion

export { source }
