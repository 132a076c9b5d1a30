/** As much of gifenc as is used: it brings no types of its own. */
declare module 'gifenc' {
  /** Red, green and blue, 0 to 255. */
  type Colour = readonly number[]

  interface Encoder {
    writeFrame(
      pixels: Uint8Array,
      width: number,
      height: number,
      options: {
        /** Of the first frame, and of each that differs. */
        palette?: readonly Colour[]
        /** Milliseconds. */
        delay: number
        transparent?: boolean
        transparentIndex?: number
        /** 1: what is transparent shows the frame before. */
        dispose?: number
      },
    ): void
    finish(): void
    bytes(): Uint8Array
  }

  const gifenc: {
    GIFEncoder(): Encoder
    quantize(rgba: Uint8Array, maxColours: number): Colour[]
    applyPalette(rgba: Uint8Array, palette: readonly Colour[]): Uint8Array
  }
  export default gifenc
}
