// jpeg-js has types for its index alone, which brings the decoder along: 5 kB (gzip) that nothing here calls.
declare module "jpeg-js/lib/encoder.js" {
  /** @param image four bytes a pixel */
  export default function encode(
    image: { readonly data: Uint8Array; readonly width: number; readonly height: number },
    quality: number,
  ): { readonly data: Uint8Array; readonly width: number; readonly height: number };
}
