// biome-ignore lint/correctness/noUndeclaredDependencies: for development only
import gifenc from 'gifenc'
// biome-ignore lint/correctness/noUndeclaredDependencies: for development only
import { PNG } from 'pngjs'

/** One picture of an animation. */
export interface Frame {
  readonly png: Buffer
  /** How long it is shown, in milliseconds. */
  readonly delayMs: number
}

/** One place of the palette is for what is as it was. */
const COLOURS = 255

/** Makes a GIF of pictures of one size. Each frame holds only what differs from the one before. */
export function gifOf(frames: readonly Frame[]): Uint8Array {
  const pictures = frames.map(({ png }) => PNG.sync.read(png))
  const palette = gifenc.quantize(together(pictures), COLOURS)
  const unchanged = palette.length
  const encoder = gifenc.GIFEncoder()
  let before: Uint8Array | undefined
  pictures.forEach(({ width, height, data }, index) => {
    const pixels = gifenc.applyPalette(new Uint8Array(data), palette)
    const last = before
    const shown =
      last === undefined ? pixels : pixels.map((pixel, at) => (pixel === last[at] ? unchanged : pixel))
    encoder.writeFrame(shown, width, height, {
      ...(index === 0 ? { palette: [...palette, [0, 0, 0]] } : {}),
      delay: frames[index]!.delayMs,
      transparent: last !== undefined,
      transparentIndex: unchanged,
      dispose: 1,
    })
    before = pixels
  })
  encoder.finish()
  return encoder.bytes()
}

/** Every tenth of the pictures, one after the other: enough to know the colours of all. */
function together(pictures: readonly PNG[]): Uint8Array {
  const some = pictures.filter((_, index) => index % 10 === 0)
  return new Uint8Array(Buffer.concat(some.map(({ data }) => data)))
}
