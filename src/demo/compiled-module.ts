/**
 * The compiled form of a module of this folder (`"speech-thread"`, `"../cli"`), to start as a thread or a process
 * of its own: Node.js runs no TypeScript, so even the sources, which tests load, start what is in `dist/`.
 */
export function compiledModule(name: string): URL {
  const folder = import.meta.url.endsWith(".js") ? "./" : "../../dist/demo/";
  return new URL(`${folder}${name}.js`, import.meta.url);
}
