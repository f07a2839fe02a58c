// Node.js has WebAssembly, but TypeScript declares it only together with the browser's DOM.
declare namespace WebAssembly {
  class Module {
    private readonly compiled;
  }
  interface Memory {
    readonly buffer: ArrayBuffer;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    /** of a WASI command */
    readonly exports: { memory: Memory; _start: () => unknown };
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}
