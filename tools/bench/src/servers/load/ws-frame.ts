const FINAL_TEXT = 0x81
const MASKED = 0x80
const KEY_BYTES = 4

/**
 * A text message as a client sends it (RFC 6455 §5.2), ASCII only. A mask has to be there, and may be zeros if no
 * page decides what is sent: the text stays as it is.
 */
export function textFrame(text: string): Buffer {
  const { length } = text
  if (length > 0xffff) throw new RangeError('A load generator has nothing so long to say.')
  const head =
    length < 126 ? [FINAL_TEXT, MASKED | length] : [FINAL_TEXT, MASKED | 126, length >> 8, length & 0xff]
  const frame = Buffer.alloc(head.length + KEY_BYTES + length)
  frame.set(head)
  frame.write(text, head.length + KEY_BYTES, 'latin1')
  return frame
}
