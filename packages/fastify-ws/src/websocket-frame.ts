/** The final and only frame of a text message (RFC 6455 §5.2). */
const FIN_TEXT = 0x81
/** Below this the second byte is the length itself. */
const IN_TWO_BYTES = 126
const IN_EIGHT_BYTES = 127

/** Bytes before the payload of a frame that a server sends, which is never masked (RFC 6455 §5.1). */
export function frameHeadBytes(payloadBytes: number): number {
  if (payloadBytes < IN_TWO_BYTES) return 2
  return payloadBytes < 0x1_0000 ? 4 : 10
}

/** Writes the header of a text message in one frame. Returns the position at which the payload begins. */
export function writeFrameHead(frame: Buffer, payloadBytes: number): number {
  frame[0] = FIN_TEXT
  if (payloadBytes < IN_TWO_BYTES) {
    frame[1] = payloadBytes
    return 2
  }
  if (payloadBytes < 0x1_0000) {
    frame[1] = IN_TWO_BYTES
    frame[2] = payloadBytes >> 8
    frame[3] = payloadBytes & 0xff
    return 4
  }
  frame[1] = IN_EIGHT_BYTES
  frame.writeBigUInt64BE(BigInt(payloadBytes), 2)
  return 10
}

/** A text as one frame. */
export function frameText(text: string): Buffer {
  const bytes = Buffer.byteLength(text)
  const frame = Buffer.allocUnsafe(frameHeadBytes(bytes) + bytes)
  frame.write(text, writeFrameHead(frame, bytes))
  return frame
}
