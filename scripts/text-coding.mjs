// Goes into every bundle: TextEncoder and TextDecoder as this engine has them. jsdom has none, and libraries in the bundle
// make theirs when they are loaded; they and we only need UTF-8 then.
export const TextEncoder =
  globalThis.TextEncoder ??
  class {
    encode(text = "") {
      return Uint8Array.from(unescape(encodeURIComponent(text)), (character) => character.charCodeAt(0));
    }
  };

export const TextDecoder =
  globalThis.TextDecoder ??
  class {
    decode(bytes = new Uint8Array()) {
      return decodeURIComponent(Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""));
    }
  };
