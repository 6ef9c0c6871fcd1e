// Types that depend on the TypeScript and the `lib` of the program that imports us: what it does not know must not be an error in our
// declarations (`skipLibCheck: false`).

/** Bytes in an ArrayBuffer, as Blob, Response and crypto want them: `Uint8Array<ArrayBuffer>` from TypeScript 5.7, `Uint8Array` before. */
export type Bytes = ReturnType<Uint8Array["slice"]>;

type Global<Name extends string, Otherwise> = typeof globalThis extends {
  [name in Name]: abstract new (
    ...args: never[]
  ) => infer Instance;
}
  ? Instance
  : Otherwise;

/** `Blob`; unknown to programs with neither DOM nor @types/node, as the next two. */
export type HostBlob = Global<"Blob", unknown>;

/** `URL`. */
export type HostUrl = Global<"URL", { readonly href: string }>;

/** `AbortSignal`. */
export type HostAbortSignal = Global<"AbortSignal", object>;

/** `fetch`. */
export type HostFetch = typeof globalThis extends { fetch: infer Fetch }
  ? Fetch
  : (url: string, init?: object) => Promise<unknown>;

/** `await using` for programs that know it (`lib: ["esnext.disposable"]`, or @types/node). */
export type HostAsyncDisposable = SymbolConstructor extends { readonly asyncDispose: infer Dispose extends symbol }
  ? { [name in Dispose]: () => Promise<void> }
  : object;
