// The two functions of upng-js that tests decode APNG with.
declare module "upng-js" {
  interface Decoded {
    readonly width: number;
    readonly height: number;
  }
  const UPNG: { decode(file: ArrayBuffer): Decoded; toRGBA8(decoded: Decoded): ArrayBuffer[] };
  export default UPNG;
}
