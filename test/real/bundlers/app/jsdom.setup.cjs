// Jest's jsdom leaves these out of its window, and @assemblyscript/loader wants TextDecoder: the README's two lines.
const { TextDecoder, TextEncoder } = require("node:util");
Object.assign(globalThis, { TextDecoder, TextEncoder });
